"""Commands about people of an organisation: who stands in for whom, who left, and how they are told.

What it does: shows and changes cover (absences, rota, leads), delegations, lets leavers go, and looks after
the ways by which people are told.
What it never does: give anybody a right by telling him something.
Start reading: `cover.py`.
"""
