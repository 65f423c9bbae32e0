"""What every decision rests on, in the keyroom's memory: standing rows, identities, decisions, opened keys.

What it does: keeps the standing rows under their MACs and their one root, turns evidence into actors,
asks the rules, and opens keys on demand.
What it never does: change a row except by an act that was committed.
Start reading: `standing.py`, then `decisions.py`.
"""
