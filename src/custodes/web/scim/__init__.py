"""SCIM 2.0 for an organisation's directory: users, groups, and what the service says of itself.

What it does: turns SCIM requests into asks with the directory's token as evidence; answers in SCIM's form.
What it never does: know more of a person than the directory sent, or answer anybody but a directory.
Start reading: `app.py`, `users.py`; the wire is `protocols/scim`.
"""
