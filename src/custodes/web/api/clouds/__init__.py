"""Connections of clouds over the API.

What it does: rows of the endpoint table for the noun, as in the rooms beside.
What it never does: speak a cloud's wire: each has a process of its own.
Start reading: `connections.py`.
"""
