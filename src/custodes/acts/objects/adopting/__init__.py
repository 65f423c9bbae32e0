"""Adopting a bucket that lies in plain somewhere: found, approved, sealed object by object, removed, brought
back.

What it does: keeps what was found and what became of it; asks for the customer's own signature before
anything is sealed, removed or brought back, and whether it still holds at each object; signs the manifest.
What it never does: overwrite what an application wrote meanwhile, have anything removed that is not sealed,
or say what a store's own versions and replicas are.
Start reading: `ground.py`, then `people.py`, then `sealing.py`.
"""
