"""The words used everywhere.

What it does: ids, actors, refusals, canonical encoding, limits, and the two ports every room may ask
for without reaching the outside: Clock and Dice.
What it never does: read a clock, a random source, a file or a socket itself; know any other room.
Start reading: `refusal.py`, then `canonical.py`.
"""
