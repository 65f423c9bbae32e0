"""Commands for backups: make one, try one in a scratch place, restore one into an empty installation.

What it does: options, the holder's secret, sentences.
What it never does: anything itself; `wiring.backups` does.
Start reading: `backup.py`.
"""
