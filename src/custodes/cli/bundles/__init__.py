"""Commands about the release itself.

What it does: checks a bundle before anything of it is run.
What it never does: install, or believe a key that came with the bundle.
Start reading: `bundle.py`.
"""
