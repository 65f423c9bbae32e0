"""What each process counts about itself: names, labels, and where the numbers come from.

What it does: fills one registry per process (`kernel.meters`) for the socket of `adapters.meter_socket`.
What it never does: name a customer, a person, a key, a bucket or a path; keep a number on disk.
docs/reference/metrics.md lists every name; a test compares.
Start reading: `planes.py`; `keyroom.py` says what the one writer tells of itself.
"""
