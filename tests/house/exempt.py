"""What is excused from a house rule, and why. A list may only shrink: a line no longer needed fails.

Nothing may be added here instead of splitting a file, naming a thing well or writing its test.
"""

LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
WIDE_PACKAGES: dict[str, str] = {}
NAMES: dict[str, str] = {}
_JOINED = "joins what is tested apart; the suites that start processes are its test"
UNTESTED: dict[str, str] = {
    "src/custodes/wiring/__main__.py": _JOINED,
}
TWO_KINDS: dict[str, str] = {
    "witness-conflict": "conflict for the logkeeper that meets it, unavailable for uses that then stop",
}
