"""What a house answers those who watch it, and what it does when one of them says no.

What it does: keeps whose cosignatures each customer asks for, gives a customer's monitor all it needs to
follow his sub-logs, stops every use when a witness knows another tree.
What it never does: decide that a conflict is none; open an entry to anybody but its customer and his auditor.
Start reading: `conflicts.py`, `policies.py`.
"""
