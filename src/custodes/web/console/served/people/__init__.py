"""Pages about people of one's own organisation: sign-in by an issuer, cover, and how they are told.

What it does: shows what stands, tries a token out, and takes the forms of the cover.
What it never does: sign for anybody, or show a secret.
Start reading: `cover.py`.
"""
