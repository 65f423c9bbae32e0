"""What stands at the entrance: passwords, challenges for passkeys and file keys, how often one may try.

What it does: keeps what a sign-in needs between two asks, in memory, bounded, each challenge for one use.
What it never does: decide who somebody is (`footing.identities`) or open a session.
Start reading: `challenges.py`.
"""
