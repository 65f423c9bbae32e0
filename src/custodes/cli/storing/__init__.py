"""What lies in a bucket's places, and who hears of it, on the command line.

What it does: shows copies, begins a scrub, brings a bucket to other places; sets up webhooks.
What it never does: reach a store itself, or keep a secret it was shown; the keyroom is asked.
Start reading: `copies.py`.
"""
