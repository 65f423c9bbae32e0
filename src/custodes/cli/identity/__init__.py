"""Commands about who says who somebody is: identity issuers of an organisation, directories behind them.

What it does: shows, plans and signs changes of issuers and their mapping, and makes tokens for directories.
What it never does: change anything that was not shown before; show a client's secret.
Start reading: `issuers.py`, then `directories.py`.
"""
