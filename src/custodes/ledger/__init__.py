"""The tile log and its evidence: values and pure functions, after the C2SP specifications.

What it does: hashes entries, grows trees and tiles, writes and checks notes, checkpoints,
cosignatures, proofs, quorums, the slot tree, the veil and receipts.
What it never does: store, publish, draw randomness, read a clock, or decide whether an act is allowed;
put anything but a version byte and a commitment into a leaf.
Start reading: `merkle.py`, `tiles.py`, `entry.py`, then `docs/formats/log.md`.
"""
