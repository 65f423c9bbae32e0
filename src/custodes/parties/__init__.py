"""Who takes part: organisations, persons, memberships, roles, credentials.

What it does: says what is one person and one organisation, counts a quorum, checks an approver's
signature over a document, and checks the documents by which organisations and credentials are enrolled.
What it never does: authenticate a request (the protocols do), decide what a role may do (`policy`),
hold a private key, or read a clock.
Start reading: `rows.py`, then `distinct.py`.
"""
