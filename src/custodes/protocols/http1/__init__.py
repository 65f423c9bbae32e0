"""HTTP/1.1 as bytes: the head of a request, how long its body is, chunks, and the head of an answer.

What it does: takes heads apart by one strict grammar, chunked bodies piece by piece; writes answers' heads.
What it never does: guess. What two programs could read differently (a bare line feed, a folded line, a space
before a colon, two lengths, a length beside a coding) is refused, never repaired.
Start reading: `head.py`, then `chunks.py`.
"""
