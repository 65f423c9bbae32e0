"""One file per noun of the keyroom's core: cases, epochs, the log, messages, page keys, standing rows.

What it does: holds the statements of its noun's tables, as named verbs of the writer and as reads.
What it never does: know another noun's tables, or decide; objects have `index`, upkeep has `keeping`.
Start reading: `standing.py`, then `cases.py`.
"""
