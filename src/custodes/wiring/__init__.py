"""Joins everything by plain constructor calls: one file per process, the only files that know everyone.

What it does: `keyroom`, `plane` and `logkeeper` build one process each; `border` draws the line round it
before it serves; `supervisor` starts and watches them.
What it never does: decide anything, or hold state of its own.
Start reading: `keyroom.py`.
"""
