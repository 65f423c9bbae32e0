"""Connections of clouds on the command line.

What it does: the noun's verbs, each asking the house; prints the commands that the cloud's side wants.
What it never does: talk to a cloud.
Start reading: `connections.py`.
"""
