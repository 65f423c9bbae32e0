"""A file that says what is to stand, held against what stands: the plan, and the asks that carry it out.

What it does: reads an onboarding file strictly (docs/reference/onboarding.md), takes what stands out of the
answers of asks, says step by step what is to be created, what differs and who must act, and turns the
caller's own steps into asks that exist already. It only yields asks; command line and console send them.
What it never does: write anything itself, sign for anybody, remove what a file does not name; it reads no
clock, no file but its own templates, no network.
Start reading: `wanted.py`, `planning.py`, `steps.py`, `carrying.py`.
"""
