"""Notices to people: signed mail, webhooks, Matrix.

What it does: carries one notice to one target and says when it could not; each under the notice's own id,
because it can come twice.
What it never does: put a name, a reason or a ticket into a notice, or send to a host nobody named.
Start reading: `mail.py`; the port is `acts/logkeeper/notices.py`.
"""
