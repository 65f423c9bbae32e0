"""Asks about connections: clouds, office suites and clusters that use a customer's keys over a wire.

What it does: the words in which a connection is made and changed, and those in which each wire's process
hands over what arrived, whole and with its evidence.
What it never does: name a key or a caller that the evidence does not.
Start reading: `connections.py`, then the file of a wire.
"""
