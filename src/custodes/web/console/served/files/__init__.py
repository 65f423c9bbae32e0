"""Files between a browser and a bucket: up as they come, down as an attachment, never whole in memory.

What it does: checks that a page of ours sent it, and hands evidence and bytes to the carrier; tells a refusal
in the reader's words, to a script as JSON and to everybody else as a page.
What it never does: hold a data key, reach a store, decide, show what is in a file, guess its type.
Start reading: `bringing.py`, then `fetching.py`.
"""
