"""The name of the empty folder that tells a local store from any other folder: docs/formats/store-mark.md.

Only who has the house's key `mac` can make one, and it is made for one location and one disk there: a mark
that was copied to another place, that another house has made, or that an older disk bore is not the one
looked for.
"""

import hmac
import re

from custodes.kernel import canonical

LABEL = "custodes/store-mark/v1"
NUMBER_MAX = 1_000_000  # a location that gets a new disk every day has room for two thousand years
_NAME = re.compile(r"\.store-([1-9][0-9]{0,6})-[0-9a-f]{64}")


def mark_name(mac_key: bytes, house: str, location: str, number: int) -> str:
    """The name of the mark of the `number`th disk of a location, from 1; 32 bytes of key."""
    if not 1 <= number <= NUMBER_MAX:
        raise ValueError("no such disk")
    content = canonical.encode([LABEL, house, location, number])
    return f".store-{number}-{hmac.digest(mac_key, content, 'sha256').hex()}"


def number_of(name: str, mac_key: bytes, house: str, location: str) -> int:
    """Which disk of the location a mark is of; 0 where it is none of it."""
    found = _NAME.fullmatch(name)
    number = int(found[1]) if found is not None else 0
    if not 1 <= number <= NUMBER_MAX:
        return 0
    made = mark_name(mac_key, house, location, number)
    return number if hmac.compare_digest(made.encode(), name.encode()) else 0
