"""The console: pages rendered on the server for the people of a trustee and of its customers.

What it does: turns views (plain frozen values) into pages in German and English that work with script
off, in light and dark, at 320 px and on paper.
What it never does: decide, count or look anything up; what a page shows stands in its view, and what its
forms send is checked again where the keys are.
Start reading: `views/shell.py`, then `pages.py`, then `templates/layout.html`.
"""
