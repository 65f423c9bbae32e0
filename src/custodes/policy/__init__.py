"""Who may do what, on what, why and from where.

What it does: one table of actions, a Cedar schema made from it, the house's own rules, rules of a
customer made from forms, and `decide()`, which asks both sets apart and says yes only when both do.
What it never does: count a quorum (the desks do), verify a signature or a grant (it is handed verified
facts), read a clock, or keep a decision that rests on time.
Start reading: `actions.py`, `question.py`, then `decide.py`.
"""
