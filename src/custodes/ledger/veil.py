"""The daily veil: one leaf per customer and day fixes what a non-disclosure duty hides, be it nothing.

    leaf = 0x03 || root                          in the customer's exceptional sub-log
    root = RFC 6962 tree over items, a power of two of them, at least 16
    item = leaf hash of canonical JSON; the first is [salt, "custodes.veil/v1", customer, day, seal],
           the others are [salt, [log, index, leaf]] for a withheld act or [salt, null]

`seal` is null, or the SHA-256 of the document from which the seal auditors can open this veil: so it is fixed
today that they can, and which document they must have been given.

A day without a withheld act and a day with one look alike. When one duty ends, its act is opened and the
others stay shut; who opens the whole veil sees that nothing else was hidden.
"""

from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from hmac import compare_digest

import msgspec

from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, malformed

from .entry import LEAF_BYTES
from .merkle import HASH_BYTES, leaf_hash, root_of

VEIL_LEAF_VERSION = b"\x03"
LABEL = "custodes.veil/v1"
ITEMS_MIN = 16
ITEMS_MAX = 4_096
SALT_BYTES = 16
OPENING_STEP_BYTES = 4_096  # openings are padded to a multiple, so that a stored one does not tell either


class Withheld(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a withheld act stands, and its leaf."""

    log: str
    index: int
    leaf: bytes


class VeilDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The leaf for the log and the opening for the vault of the seal auditors."""

    leaf: bytes
    opening: bytes


class Unveiled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an opening proves. `closed` counts items it does not show: 0 means the whole veil is lifted.

    `seal` is the hash of the seal auditors' document, None for a veil that has none.
    """

    customer: str
    day: str
    seal: bytes | None = None
    withheld: tuple[Withheld, ...]
    closed: int


def make(
    customer: str,
    day: str,
    withheld: Sequence[Withheld],
    dice: Dice,
    seal: "bytes | Callable[[bytes], bytes] | None" = None,
) -> VeilDraft:
    """The veil of one customer and day (`2026-11-22`). Codes: `veil-too-wide`, `bad-field`.

    `seal` is the hash of the seal auditors' document, or what makes that document of the veil's `inside`.
    """
    width = 1 << max(ITEMS_MIN - 1, len(withheld)).bit_length()
    if width > ITEMS_MAX:
        raise malformed("veil-too-wide")
    salts = dice.draw(SALT_BYTES * width)
    acts: list[Plain] = [[one.log, one.index, canonical.b64(one.leaf)] for one in withheld]
    acts += [None] * (width - 1 - len(acts))
    rest: list[Plain] = [[_salt(salts, place), act] for place, act in enumerate(acts, 1)]
    if seal is not None and not isinstance(seal, bytes):
        seal = sha256(seal(_padded(rest))).digest()
    items: list[Plain] = [
        [_salt(salts, 0), LABEL, customer, day, None if seal is None else canonical.b64(seal)]
    ]
    items += rest
    root = root_of([leaf_hash(canonical.encode(item)) for item in items])
    made = VeilDraft(leaf=VEIL_LEAF_VERSION + root, opening=_padded(items))
    lift(made.leaf, made.opening)
    return made


def lift(leaf: bytes, opening: bytes) -> Unveiled:
    """What an opening, proves about a veil leaf. Codes: `bad-opening`, `opening-differs`."""
    items = _items(opening)
    hashes = [_shut(item) if isinstance(item, str) else leaf_hash(canonical.encode(item)) for item in items]
    if len(leaf) != LEAF_BYTES or not compare_digest(leaf, VEIL_LEAF_VERSION + root_of(hashes)):
        raise malformed("opening-differs")
    first = items[0]
    if not isinstance(first, list) or len(first) != 5 or first[1] != LABEL:
        raise malformed("bad-opening")
    _shut(first[0], SALT_BYTES)
    customer, day, seal = first[2:]
    if not isinstance(customer, str) or not isinstance(day, str) or not isinstance(seal, str | None):
        raise malformed("bad-opening")
    opened = [_act(item) for item in items[1:] if not isinstance(item, str)]
    return Unveiled(
        customer=customer,
        day=day,
        seal=None if seal is None else _shut(seal),
        withheld=tuple(one for one in opened if one is not None),
        closed=sum(isinstance(item, str) for item in items),
    )


def inside(opening: bytes) -> bytes:
    """All items but the first, padded like an opening: what is sealed to the auditors.

    `bad-opening` if one of them is shut.
    """
    items = _items(opening)
    if any(isinstance(item, str) for item in items):
        raise malformed("bad-opening")
    return _padded(items[1:])


def rejoined(opening: bytes, given: bytes) -> bytes:
    """The whole opening, out of one that shows the first item and the `inside` that was sealed."""
    whole = canonical.decode(given)
    rest = whole.get("items") if isinstance(whole, dict) else None
    if not isinstance(rest, list):
        raise malformed("bad-opening")
    return _padded([_items(opening)[0], *rest])


def disclose(opening: bytes, positions: Collection[tuple[str, int]]) -> bytes:
    """The opening for the customer when some duties ended: only the acts at these (log, index) are shown.

    Codes: `bad-opening`, `unknown-position`.
    """
    items = _items(opening)
    wanted = {tuple(one) for one in positions}
    shown: list[Plain] = [items[0]]
    for item in items[1:]:
        act = None if isinstance(item, str) else _act(item)
        if act is not None and (act.log, act.index) in wanted:
            wanted.discard((act.log, act.index))
            shown.append(item)
        else:
            shown.append(item if isinstance(item, str) else canonical.b64(leaf_hash(canonical.encode(item))))
    if wanted:
        raise malformed("unknown-position")
    return _padded(shown)


def _salt(salts: bytes, place: int) -> str:
    return canonical.b64(salts[SALT_BYTES * place : SALT_BYTES * (place + 1)])


def _padded(items: list[Plain]) -> bytes:
    bare = len(canonical.encode({"items": items, "pad": ""}))
    return canonical.encode({"items": items, "pad": "0" * (-bare % OPENING_STEP_BYTES)})


def _items(opening: bytes) -> list[Plain]:
    if len(opening) > ITEMS_MAX * 1_024:
        raise malformed("bad-opening")
    try:
        whole = canonical.decode(opening)
    except Refusal as error:
        raise malformed("bad-opening") from error
    items = whole.get("items") if isinstance(whole, dict) else None
    if not isinstance(whole, dict) or whole.keys() != {"items", "pad"} or not isinstance(items, list):
        raise malformed("bad-opening")
    pad = whole["pad"]
    if not isinstance(pad, str) or pad.strip("0") or len(pad) >= OPENING_STEP_BYTES:
        raise malformed("bad-opening")
    if len(opening) % OPENING_STEP_BYTES:
        raise malformed("bad-opening")
    if not ITEMS_MIN <= len(items) <= ITEMS_MAX or len(items) & (len(items) - 1):
        raise malformed("bad-opening")
    return items


def _shut(text: Plain, length: int = HASH_BYTES) -> bytes:
    try:
        raw = canonical.unb64(text) if isinstance(text, str) else b""
    except ValueError as error:
        raise malformed("bad-opening") from error
    if len(raw) != length:
        raise malformed("bad-opening")
    return raw


def _act(item: Plain) -> Withheld | None:
    """The act of an open item, None for an empty one."""
    if not isinstance(item, list) or len(item) != 2:
        raise malformed("bad-opening")
    _shut(item[0], SALT_BYTES)
    act = item[1]
    if act is None:
        return None
    if not isinstance(act, list) or len(act) != 3:
        raise malformed("bad-opening")
    log, index, leaf = act
    if not isinstance(log, str) or type(index) is not int or index < 0:
        raise malformed("bad-opening")
    return Withheld(log=log, index=index, leaf=_shut(leaf, LEAF_BYTES))
