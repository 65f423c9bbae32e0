"""What buckets and versions are told: the answers to `asks/buckets`, and what decisions take from it.

What it does: keeps a bucket's rules as one standing row and a version's state under a MAC in its index row;
turns a bucket's policy and ACL into a fact for both rule sets; answers browsers of other origins.
What it never does: let a bucket's policy widen what the customer's rules allow, or drop a lock in silence.
Start reading: `telling.py`, then `states.py` and `policed.py`.
"""
