"""What lies in a bucket's places, on the command line.

What it does: shows copies, begins a scrub, brings a bucket to other places.
What it never does: reach a store itself; the process that does is asked through the keyroom.
Start reading: `copies.py`.
"""
