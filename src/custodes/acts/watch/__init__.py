"""Those who watch a log from outside: a mirror that holds it, a customer's monitor that checks his part.

What it does: takes over what provably continues what is held, compares a customer's chain of epochs, his
leaves and openings with it, and keeps evidence when a log told two stories.
What it never does: replace what it holds, call something checked that was not, or import a keyroom.
Start reading: `mirror.py`, then `monitor.py`.
"""
