"""`custodes apply`: what a file wants, held against what stands, shown and carried out.

What it does: reads the file or a template, drives the planner with the asker's token and key, shows the plan
in colours or as JSON, asks before it acts, tells what was done and what waits for whom.
What it never does: plan anything itself, or write but by the asks every other command uses.
Start reading: `apply.py`, then `custodes.acts.plans`.
"""
