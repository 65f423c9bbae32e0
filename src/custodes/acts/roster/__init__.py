"""Who belongs to an organisation: people its directory brings, and people who leave.

What it does: keeps what a directory provisions (SCIM), and lets a person go in one act: sessions, tokens,
keys, roles and approvals that are not a grant yet end together, in the transaction of the entry.
What it never does: give a membership or a signing key because a directory says so.
Start reading: `leaving.py`, then `provisioning.py`.
"""
