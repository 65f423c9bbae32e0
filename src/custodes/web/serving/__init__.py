"""Runs a web application: its listening socket, and the server under it.

What it does: binds a port that nobody shares, or takes one that was handed down, and serves an ASGI
application there until told to stop.
What it never does: know what is served; bind beyond loopback unless told to.
Start reading: `server.py`.
"""
