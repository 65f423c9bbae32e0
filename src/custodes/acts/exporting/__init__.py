"""Exports: a customer leaves, or keeps a second way in: what opens his objects is handed to him.

Two of his own people sign what is to be handed over, to which recipient, and until when. It is given in
sheets; each has its entry, witnessed before a key is opened, and is sealed before it leaves the keyroom.

What it never does: let the trustee stop a customer from leaving, give a sheet to anybody but the customer's
own people, or let a plane see a key.
Start reading: `answers.py`, then `sheet.py`.
"""
