"""An entry: named fields behind one commitment. What is logged is 33 bytes that tell nothing.

    leaf    = 0x01 || root
    root    = RFC 6962 tree over the fields in ascending order of their names
    field   = leaf hash of canonical JSON [salt, name, value], salt = 16 random bytes in base64

One field, `v`, is written by `draft` itself and is open in every opening: its value is
`[1, name, name, ...]`, all names of the entry in order. So the name of a field that is shut is as fixed as
its value, and nobody can log a second `key` and later open the more convenient one.

An *opening* is canonical JSON `{"open": {name: [salt, value]}, "shut": {name: hash}}`. The opening kept with
an entry has every act field open and every person field shut; the person opening, `{name: [salt, value]}`, is
kept apart under its own key, so that destroying it erases the person and leaves the leaf verifiable.

What is *kept* of an entry is shorter: values and one secret, `{"fields", "secret", "shut"}` and, apart,
`{"fields", "secret"}` of the person fields; SHAKE256(label || secret) gives the salts, 16 bytes per field in
ascending order of names. A salt that is shown says nothing about the next.
"""

from binascii import b2a_base64
from collections.abc import Mapping
from hashlib import sha256, shake_256
from hmac import compare_digest
from typing import Any, cast

import msgspec

from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.dice import Dice
from custodes.kernel.limits import ENTRY_BYTES_MAX, FIELD_BYTES_MAX
from custodes.kernel.refusal import Refusal, malformed

from .merkle import root_of
from .vocabulary import check_fields, check_form, is_person

LEAF_VERSION = b"\x01"
LEAF_BYTES = 33
SALT_BYTES = 16
SECRET_BYTES = 32
ACT_SALTS = b"custodes.entry-salts/v1\nact\n"
PERSON_SALTS = b"custodes.entry-salts/v1\nperson\n"
FIELDS_MAX = 64
OPENING_BYTES_MAX = 4 * ENTRY_BYTES_MAX

KEPT_MAX = 4_096

_encode = msgspec.json.Encoder(order="sorted").encode
_HEAD = b'\x00["'  # leaf prefix of the tree, and how a salted field begins
_SALTED_BYTES = 26


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes into the log, and what must be kept to say what it was.

    `record` and `person_record` are the short forms to keep: values and one secret each, from which the
    salts follow (`expand`).
    """

    leaf: bytes
    record: bytes
    person_record: bytes | None

    @property
    def opening(self) -> bytes:
        """The act opening: every act field open, every person field shut."""
        return expand(self.record, None)[0]

    @property
    def person_opening(self) -> bytes | None:
        """The person opening, when there are person fields."""
        return expand(self.record, self.person_record)[1]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fields: dict[str, Any]
    secret: str
    shut: dict[str, str]


class _PersonRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fields: dict[str, Any]
    secret: str


class Opened(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an opening proves.

    `fields` are proven against the leaf; `erased` are person fields that are not open (erased or not shown),
    `closed` are act fields that are not shown. The names of all three are proven too.
    """

    fields: dict[str, Plain]
    erased: tuple[str, ...]
    closed: tuple[str, ...]


def draft(fields: Mapping[str, Plain], person: Mapping[str, Plain], dice: Dice) -> Draft:
    """Commit to the act fields `fields` and the person fields `person`.

    Codes: those of `vocabulary.check_fields`; `field-too-long`, `entry-too-long`, `bad-field` for text
    that has no UTF-8.
    """
    return Drafter().draft(fields, person, dice)


class Drafter:
    """Drafts entry after entry, and remembers what does not change from one to the next.

    Most act fields of a use are those of the use before: their check and their spelling are kept by exact
    type, name and value. Person fields are never kept. One per thread.
    """

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._tails: dict[tuple[str, str | int], bytes] = {}
        self._shapes: dict[tuple[object, ...], tuple[tuple[str, ...], bytes]] = {}

    def draft(self, fields: Mapping[str, Plain], person: Mapping[str, Plain], dice: Dice) -> Draft:
        """As the function `draft`."""
        (names, listed), kept = self._shape(fields, person), self._tails
        secrets = dice.draw(2 * SECRET_BYTES if person else SECRET_BYTES)
        secret, person_secret = secrets[:SECRET_BYTES], secrets[SECRET_BYTES:]
        salts = iter(_salts(ACT_SALTS, secret, len(fields) + 1))
        person_salts = iter(_salts(PERSON_SALTS, person_secret, len(person))) if person else salts
        shut: dict[str, str] = {}
        hashes = []
        total = 0
        for name in names:
            if name in person:
                check_form(name, person[name], is_person=True)
                raw = next(person_salts) + _tail(name, person[name])
                field = sha256(_HEAD + raw).digest()
                shut[name] = canonical.b64(field)
            elif name == "v":
                field = sha256(_HEAD + (raw := next(salts) + listed)).digest()
            else:
                value = fields[name]
                known = value.__class__ is str or value.__class__ is int  # True is not 1
                tail = kept.get((name, value)) if known else None  # type: ignore[arg-type]
                raw = next(salts) + (tail if tail is not None else self._spell(name, value))
                field = sha256(_HEAD + raw).digest()
            total += len(raw) + 2
            hashes.append(field)
        if total > ENTRY_BYTES_MAX:
            raise malformed("entry-too-long", bytes=total)
        hidden = {"fields": person, "secret": canonical.b64(person_secret)}
        return Draft(
            leaf=LEAF_VERSION + root_of(hashes),
            record=_encode({"fields": fields, "secret": canonical.b64(secret), "shut": shut}),
            person_record=_encode(hidden) if person else None,
        )

    def _shape(
        self, fields: Mapping[str, Plain], person: Mapping[str, Plain]
    ) -> tuple[tuple[str, ...], bytes]:
        """All names in order, and how `v` lists them.

        Which fields an act must have follows from names and words looked at here; the form of each value is
        checked where it is spelled.
        """
        words = (fields.get("act"), fields.get("phase"), fields.get("decision"))
        key = (*words, *fields, "", *person)
        is_plain = all(word is None or word.__class__ is str for word in words)
        found = self._shapes.get(key) if is_plain else None
        if found is None:
            check_fields(fields, person)
            names = sorted([*fields, *person, "v"])
            found = (tuple(names), _tail("v", [1, *names]))
            if len(self._shapes) < self._kept_max:
                self._shapes[key] = found
        return found

    def _spell(self, name: str, value: Plain) -> bytes:
        check_form(name, value, is_person=False)
        tail = _tail(name, value)
        if value.__class__ is str or value.__class__ is int:
            if len(self._tails) >= self._kept_max:
                self._tails.clear()
            self._tails[name, value] = tail
        return tail


def expand(record: bytes, person_record: bytes | None) -> tuple[bytes, bytes | None]:
    """The act opening and the person opening (None once erased) of a kept record (`bad-record`)."""
    try:
        kept = msgspec.json.decode(record, type=_Record)
        person = None if person_record is None else msgspec.json.decode(person_record, type=_PersonRecord)
        secret = canonical.unb64(kept.secret)
        person_secret = b"" if person is None else canonical.unb64(person.secret)
    except (msgspec.MsgspecError, ValueError) as error:
        raise malformed("bad-record") from error
    names = sorted([*kept.fields, "v"])
    listed: list[Plain] = [1, *sorted([*names, *kept.shut])]
    salts = _salts(ACT_SALTS, secret, len(names))
    opened = {
        name: [salt.decode(), listed if name == "v" else kept.fields[name]]
        for name, salt in zip(names, salts, strict=True)
    }
    opening = _encode({"open": opened, "shut": kept.shut})
    if person is None:
        return opening, None
    hidden = sorted(person.fields)
    person_salts = _salts(PERSON_SALTS, person_secret, len(hidden))
    shown = zip(hidden, person_salts, strict=True)
    return opening, _encode({name: [salt.decode(), person.fields[name]] for name, salt in shown})


def check(leaf: bytes, opening: bytes, person_opening: bytes | None = None) -> Opened:
    """What the openings prove about the leaf.

    Codes: `bad-opening` (its form), `opening-differs` (it belongs to another leaf).
    """
    opened, shut = _parse(opening)
    if person_opening is not None:
        opened, shut = _with_person(opened, shut, person_opening)
    root = _root(opened, shut)
    if len(leaf) != LEAF_BYTES or not compare_digest(leaf, LEAF_VERSION + root):
        raise malformed("opening-differs")
    return Opened(
        fields={name: pair[1] for name, pair in opened.items() if name != "v"},
        erased=tuple(name for name in sorted(shut) if is_person(name)),
        closed=tuple(name for name in sorted(shut) if not is_person(name)),
    )


def disclose(opening: bytes, names: set[str] | frozenset[str], person_opening: bytes | None = None) -> bytes:
    """An opening that shows only `names` (and `v`), for a reader who may not see more.

    Codes: `bad-opening`; `unknown-field` for a name that is not open in what was given.
    """
    opened, shut = _parse(opening)
    if person_opening is not None:
        opened, shut = _with_person(opened, shut, person_opening)
    missing = sorted(names - opened.keys())
    if missing:
        raise malformed("unknown-field", field=missing[0])
    shown = names | {"v"}
    kept: dict[str, Plain] = {name: cast(Plain, pair) for name, pair in opened.items() if name in shown}
    for name, pair in opened.items():
        if name not in shown:
            shut[name] = _commit(name, pair)
    hashes: dict[str, Plain] = {name: canonical.b64(field) for name, field in shut.items()}
    return canonical.encode({"open": kept, "shut": hashes})


def _salts(label: bytes, secret: bytes, count: int) -> list[bytes]:
    """`count` salts in base64 out of one secret: SHAKE256, so that one shown says nothing of the others."""
    drawn = shake_256(label + secret).digest(SALT_BYTES * count)
    return [b2a_base64(drawn[at : at + SALT_BYTES], newline=False) for at in range(0, len(drawn), SALT_BYTES)]


def _tail(name: str, value: object) -> bytes:
    """What follows the salt in the canonical JSON of `[salt, name, value]`."""
    try:
        tail = b'",' + _encode((name, value))[1:]
    except UnicodeEncodeError as error:  # a lone surrogate
        raise malformed("bad-field", field=name) from error
    if len(tail) + _SALTED_BYTES > FIELD_BYTES_MAX:
        raise malformed("field-too-long", field=name)
    return tail


def _commit(name: str, pair: list[Plain]) -> bytes:
    return sha256(b"\x00" + canonical.encode([pair[0], name, pair[1]])).digest()


def _root(opened: Mapping[str, list[Plain]], shut: Mapping[str, bytes]) -> bytes:
    names = sorted([*opened, *shut])
    listed = opened["v"][1] if "v" in opened else None
    wanted: list[Plain] = [1, *names]
    if opened.keys() & shut.keys() or canonical.encode(listed) != canonical.encode(wanted):  # true is not 1
        raise malformed("bad-opening")
    return root_of([shut[name] if name in shut else _commit(name, opened[name]) for name in names])


def _parse(opening: bytes) -> tuple[dict[str, list[Plain]], dict[str, bytes]]:
    whole = _object(opening)
    if whole.keys() != {"open", "shut"} or not isinstance(whole["open"], dict):
        raise malformed("bad-opening")
    shut = whole["shut"]
    if not isinstance(shut, dict) or len(shut) + len(whole["open"]) > FIELDS_MAX:
        raise malformed("bad-opening")
    return _pairs(whole["open"]), {name: _bytes(field, 32) for name, field in shut.items()}


def _with_person(
    opened: dict[str, list[Plain]], shut: dict[str, bytes], person_opening: bytes
) -> tuple[dict[str, list[Plain]], dict[str, bytes]]:
    """Open what the person opening opens; each must be a shut person field with just that hash."""
    more = _pairs(_object(person_opening))
    for name, pair in more.items():
        if not is_person(name) or name not in shut:
            raise malformed("bad-opening")
        if not compare_digest(_commit(name, pair), shut[name]):
            raise malformed("opening-differs")
    return {**opened, **more}, {name: field for name, field in shut.items() if name not in more}


def _object(raw: bytes) -> dict[str, Plain]:
    if len(raw) > OPENING_BYTES_MAX:
        raise malformed("bad-opening")
    try:
        whole = canonical.decode(raw)
    except Refusal as error:
        raise malformed("bad-opening") from error
    if not isinstance(whole, dict):
        raise malformed("bad-opening")
    return whole


def _pairs(members: dict[str, Plain]) -> dict[str, list[Plain]]:
    pairs: dict[str, list[Plain]] = {}
    for name, pair in members.items():
        if not isinstance(pair, list) or len(pair) != 2:
            raise malformed("bad-opening")
        _bytes(pair[0], SALT_BYTES)
        pairs[name] = pair
    return pairs


def _bytes(value: Plain, length: int) -> bytes:
    if not isinstance(value, str):
        raise malformed("bad-opening")
    try:
        raw = canonical.unb64(value)
    except ValueError as error:
        raise malformed("bad-opening") from error
    if len(raw) != length:
        raise malformed("bad-opening")
    return raw
