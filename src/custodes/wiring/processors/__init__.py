"""Which processor a process's threads run on.

What it does: keeps threads that share one interpreter on one processor, and moves them together where another
is less busy.
What it never does: leave the processors the process was started with (taskset, systemd, cpuset); bind threads
that have work of their own; matter for what is answered.
Start reading: `together.py`.
"""
