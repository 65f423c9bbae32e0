"""What a bucket or a version is told, on the network: one doer per sub-resource, and browsers of other
origins.

What it does: hands documents to the keyroom as they came and its documents back as they are.
What it never does: read a configuration itself, or let a page read what its user could not.
Start reading: `configs.py`.
"""
