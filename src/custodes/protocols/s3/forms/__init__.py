"""POST forms: a browser uploads one object, and a policy somebody signed beforehand says what it may be.

What it does: reads multipart/form-data as it comes, checks a policy document against the form's fields, and
makes of both the PutObject request that was allowed. What it never does: hold a secret, or believe a field
no condition of the policy speaks of. Start reading: `policy.py`, then `multipart.py`.
"""
