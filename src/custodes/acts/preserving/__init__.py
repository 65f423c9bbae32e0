"""Legal preservations: cases that may be hidden, second wraps, and blobs that do not go while one lasts.

What it does: takes the moves of the desk; wraps data keys again under a case's own key; keeps the blobs of
what was deleted meanwhile; destroys all of it at the end; opens to the customer what was withheld.
What it never does: change what a customer or an application is answered; hand out a byte; say that something
is preserved before its second wrap is durable.
Start reading: `office.py`, then `securing.py` and `sparing.py`.
"""
