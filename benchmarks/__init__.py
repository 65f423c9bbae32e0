"""Measured figures with their commands: `python -m benchmarks [NAME ...]`.

What it does: runs each measurement several times in one process tree and prints medians with their spread,
beside what the machine's disk and processor gave in the same minute.
What it never does: assert a time; a figure is a ratio of one run, not a promise.
Start reading: `__main__.py`, then `README.md`.
"""
