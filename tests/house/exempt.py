"""What is excused from a house rule, and why. A list may only shrink: a line no longer needed fails.

Nothing may be added here instead of splitting a file, naming a thing well or writing its test.
"""

LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
WIDE_PACKAGES: dict[str, str] = {}
NAMES: dict[str, str] = {}
UNTESTED: dict[str, str] = {}
