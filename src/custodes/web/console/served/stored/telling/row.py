"""What a setting is: its type, what there is to choose from, and the pieces forms are made of and read by."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from custodes.kernel.refusal import malformed
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.web.console.views.shell import Field, Line, Option
from custodes.web.kit.forms import Form

LINES_MAX = 100
NUMBER_CHARACTERS_MAX = 9
replace = msgspec.structs.replace
T = TypeVar("T")


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to choose from: names of buckets, keys, webhooks and applications, each with what stands
    for it; `acls_count`: whether the customer's rules let access lists count.
    """

    buckets: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    webhooks: tuple[tuple[str, str], ...] = ()
    applications: tuple[tuple[str, str], ...] = ()
    acls_count: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All a bucket is set to; `owner` is (id, name) as its access list says."""

    versioning: str
    rules: BucketRules
    owner: tuple[str, str] = ("", "")


Rules = tuple[tuple[Line, ...], ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `kind` is empty where S3 has a call of another form; without `left` it cannot go."""

    kind: str = ""
    adds: bool = False
    shown: Callable[[Told, Chosen], Rules]
    fields: Callable[[Told, Chosen], tuple[Field, ...]]
    made: Callable[[Told, Form], Told]
    left: Callable[[Told, int], Told] | None = None


def plain(label: str, value: str) -> Line:
    """A line as it is."""
    return Line(label=label, value=value)


def choice(label: str, value: str) -> Line:
    """A line whose value is a code of `words`."""
    return Line(label=label, value=value.lower(), is_choice=True)


def count(label: str, value: int | None) -> tuple[Line, ...]:
    """A line of a number; none without one."""
    return () if value is None else (plain(label, str(value)),)


def within(prefix: str, suffix: str) -> tuple[Line, ...]:
    """Which names a rule is about."""
    return (
        *((Line(label="below", value=prefix, is_code=True),) if prefix else ()),
        *((Line(label="ending", value=suffix, is_code=True),) if suffix else ()),
    )


def text(name: str, *, is_required: bool = True, hint: str | None = None) -> Field:
    """A field of one line."""
    return Field(name=name, label=name, is_required=is_required, hint=hint, chars_max=1_024)


def long_text(
    name: str, value: str, *, is_required: bool = True, hint: str | None = None, most: int = 10_000
) -> Field:
    """A field of several lines."""
    return Field(
        name=name, label=name, kind="long", value=value, is_required=is_required, hint=hint, chars_max=most
    )


def number_field(name: str, label: str, value: str = "", *, is_required: bool = False) -> Field:
    """A field of a number."""
    return Field(
        name=name,
        label=label,
        kind="number",
        value=value,
        is_required=is_required,
        chars_max=NUMBER_CHARACTERS_MAX,
    )


def select(
    name: str, value: str, options: "list[str] | tuple[str, ...]", *, hint: str | None = None
) -> Field:
    """A field of which one is chosen."""
    rows = tuple(Option(value=one, text=one.lower()) for one in options)
    return Field(name=name, label=name, kind="choice", value=value, options=rows, hint=hint)


def several(name: str, options: tuple[str, ...], value: str = "", *, hint: str | None = None) -> Field:
    """A field of which several are."""
    rows = tuple(Option(value=one, text=one.lower()) for one in options)
    return Field(
        name=name, label=name, kind="choices", value=value, options=rows, hint=hint, is_required=False
    )


def with_rules(told: Told, **changes: object) -> Told:
    """The same with other rules."""
    return replace(told, rules=replace(told.rules, **changes))


def without(rules: tuple[T, ...], number: int) -> tuple[T, ...]:
    """All but number so and so."""
    return tuple(one for place, one in enumerate(rules) if place != number)


def number(given: Form, name: str) -> int | None:
    """A number as it was typed, or none; `bad-value` (malformed)."""
    text = given.one(name).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_CHARACTERS_MAX):
        raise malformed("bad-value", field=name)
    return int(text)


def among(given: Form, name: str, options: "list[str] | tuple[str, ...]") -> str:
    """One of what there was to choose from; `bad-value` (malformed)."""
    value = given.one(name)
    if value not in options:
        raise malformed("bad-value", field=name)
    return value


def lines_of(given: Form, name: str) -> tuple[str, ...]:
    """Lines that hold something; `bad-value` (malformed)."""
    found = tuple(line.strip() for line in given.one(name).split("\n") if line.strip())
    if len(found) > LINES_MAX:
        raise malformed("bad-value", field=name)
    return found
