"""Vectors of the marks of local stores, for `make_custody.py`."""

import hashlib

from custodes.custody.store_mark import mark_name


def store_marks(house):
    """Marks of one place, and names that are none of it."""
    key, place, other = hashlib.sha256(b"mac").digest(), "loc-" + "7" * 26, "loc-" + "8" * 26
    name = mark_name(key, house, place, 7)
    return {
        "mac_key": key.hex(),
        "house": house,
        "location": place,
        "marks": [[number, mark_name(key, house, place, number)] for number in (1, 2, 7, 1_000_000)],
        "none": [
            mark_name(key, house, other, 7),
            mark_name(key, "hse-" + "9" * 26, place, 7),
            mark_name(key[::-1], house, place, 7),
            name.replace("-7-", "-8-"),
            name.replace("-7-", "-07-"),
            name[:-1],
            ".store-" + "0" * 32,
        ],
    }
