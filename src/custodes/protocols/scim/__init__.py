"""SCIM 2.0 as directories really send it (RFC 7643, RFC 7644).

What it does: reads users, groups, filters (`eq`, `and`) and PATCH operations, Entra's odd spellings among
them, and renders resources, lists and refusals.
What it never does: keep an attribute we have no use for, sort, or change many resources in one request: the
service provider configuration says so.
Start reading: `messages.py`, `patching.py`, `resources.py`.
"""
