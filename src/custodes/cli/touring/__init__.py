"""The tour of a demo house: a happy path, then cheats, each with a claim, what was done and its proof.

What it does: `casting` founds the parties of a demo through asks with evidence; `stage` is what a step may
use; `steps_*` are the steps; `run` plays them and `report` says what came of it.
What it never does: take a step's word: each proof is computed from what the house answered or wrote.
Start reading: `run.py`, then `steps_path.py`.
"""
