"""Requests that nobody signed: what they ask for, taken down as if somebody had put his name to it.

What it does: makes the same claim and the same taken-apart request of a head without a signature, so that
everything behind reads one shape; knows which operations nobody needs a name for.
What it never does: say who asked, or that anybody may.
Start reading: `requests.py`.
"""
