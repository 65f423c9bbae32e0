"""How long what an entry says can be opened, and its end.

What it does: sets terms and holds as a customer and a second organisation sign them; destroys openings whose
term is over, in the one transaction that also says so in the log; proves to whoever asks for such an entry
that it was destroyed, and by which entry.
What it never does: touch a leaf, a tile or a proof; destroy what is held, what an object rests on, what no
witness has seen, or anything while the clock is in doubt; take a mark in a table for a proof.
Start reading: `destroying.py`, then `proven.py`.
"""
