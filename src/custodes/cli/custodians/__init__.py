"""Commands about what opens a house: holders of roots, the ceremony that makes shares, and giving one.

What it does: `custodes ceremony` (without a network), what it prints, `custodes share` and
`custodes holder`.
What it never does: show a word on a screen, combine shares anywhere but in a ceremony, or send one in clear.
Start reading: `shares.py`; the bytes are in docs/formats/shares.md.
"""
