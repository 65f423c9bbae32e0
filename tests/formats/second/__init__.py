"""A second reader of every stored and signed format, written from `docs/formats/` alone.

It imports nothing of the package, only the standard library and `cryptography`. Where a page is not enough to
write it, the page is wrong, not this.
"""
