"""Entries in the words of security monitoring: OCSF, OpenTelemetry logs, syslog.

What it does: renders opened entries so that each line names its sub-log and index, by which anybody can ask
for the receipt; one table says how grave an act is and what kind of activity.
What it never does: open an entry, leave one out, add what no entry says, or send anything.
Start reading: `events.py`, then `ocsf.py`, `otlp.py`, `syslog.py`; `docs/protocols/siem.md`.
"""
