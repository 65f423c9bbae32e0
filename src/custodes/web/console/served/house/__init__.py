"""Pages about the installation itself, for those who run it.

What it does: shows what the keyroom found when it looked the house over.
What it never does: look at anything itself, or decide who may see it.
Start reading: `state.py`.
"""
