"""Events of objects for webhooks: raised in the act that makes them, told until they are taken.

What it does: writes one row per webhook that wants an event in the very transaction of the version; keeps
webhooks; hands signed messages to the logkeeper.
What it never does: send anything, name an object to a webhook that may not hear names, or hand out a secret
a second time.
Start reading: `raised.py`.
"""
