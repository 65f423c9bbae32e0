"""Custodes: a data trustee that holds the keys to data lying in any cloud.

What it does: nobody reads that data without an act that is justified, approved, time-boxed, recorded
before it happens and verifiable by outsiders.
What it never does: call home, or trust the cloud that stores the bytes.
Start reading: ARCHITECTURE.md, then `kernel`, then `acts/asks.py`.
"""

__version__ = "0.1.0"
