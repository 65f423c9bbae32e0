"""What each setting of a bucket shows, asks for and makes of the answers.

A setting is a row: `shown` gives its rules as lines, `fields` the form, `made` what stands after it, `left`
what stands without rule number n. Where `kind` names one of `protocols.s3.configs.kinds.KINDS`, that table's
reader and writer carry it to and from the document.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed
from custodes.objects.rules.bucket_rules import OWNERSHIPS, BucketRules, Encryption, PublicAccess
from custodes.objects.rules.cors import METHODS, CorsRule
from custodes.objects.rules.inventory import FIELDS, FREQUENCIES, Inventory
from custodes.objects.rules.lifecycle import LifecycleRule
from custodes.objects.rules.locks import DefaultRetention, Mode
from custodes.objects.rules.notifying import FAMILIES, Notification
from custodes.objects.rules.tags import BUCKET_TAGS_MAX, check_tags
from custodes.web.console.views.shell import Field, Line, Option
from custodes.web.kit.forms import Form

LINES_MAX = 100
NUMBER_CHARACTERS_MAX = 9
PUBLIC = ("block_acls", "ignore_acls", "block_policy", "restrict")
replace = msgspec.structs.replace


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to choose from: names of buckets, keys and webhooks, each with what stands for it."""

    buckets: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    webhooks: tuple[tuple[str, str], ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All a bucket is set to."""

    versioning: str
    rules: BucketRules


Rules = tuple[tuple[Line, ...], ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `kind` is empty where S3 has a call of another form; without `left` it cannot go."""

    kind: str = ""
    adds: bool = False
    shown: Callable[[Told, Chosen], Rules]
    fields: Callable[[Told, Chosen], tuple[Field, ...]]
    made: Callable[[Told, Form], Told]
    left: Callable[[Told, int], Told] | None = None


def _versioning() -> Row:
    return Row(
        shown=lambda told, _: ((_choice("versioning", told.versioning),),),
        fields=lambda told, _: (
            _select("versioning", told.versioning, ("enabled", "suspended"), hint="telling-versioning"),
        ),
        made=lambda told, given: replace(
            told, versioning=_among(given, "versioning", ("enabled", "suspended"))
        ),
    )


def _lifecycle() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        return tuple(_of_lifecycle(one) for one in told.rules.lifecycle)

    def fields(_told: Told, _: Chosen) -> tuple[Field, ...]:
        return (
            _text("rule-id"),
            _text("below", is_required=False, hint="telling-below"),
            _number_field("days", "ends-after"),
            _number_field("noncurrent_days", "noncurrent-after"),
            _number_field("noncurrent_kept", "noncurrent-kept"),
            _number_field("upload_days", "uploads-after"),
        )

    def made(told: Told, given: Form) -> Told:
        rule = LifecycleRule(
            id=given.one("rule-id").strip(),
            is_enabled=True,
            prefix=given.one("below"),
            days=_number(given, "days"),
            noncurrent_days=_number(given, "noncurrent_days"),
            noncurrent_kept=_number(given, "noncurrent_kept"),
            upload_days=_number(given, "upload_days"),
        )
        if not rule.id or (rule.noncurrent_kept is not None and rule.noncurrent_days is None):
            raise malformed("lifecycle-rule-invalid")
        return _with(told, lifecycle=(*told.rules.lifecycle, rule))

    return Row(
        kind="lifecycle",
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: _with(told, lifecycle=_without(told.rules.lifecycle, n)),
    )


def _object_lock() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        default = told.rules.lock_default
        if default is None:
            return ()
        term = _plain("days", str(default.days)) if default.days else _plain("years", str(default.years))
        return ((_choice("lock-mode", default.mode.value), term),)

    def fields(told: Told, _: Chosen) -> tuple[Field, ...]:
        default = told.rules.lock_default
        return (
            _select(
                "lock-mode",
                default.mode.value if default else Mode.GOVERNANCE.value,
                [one.value for one in Mode],
                hint="telling-lock",
            ),
            _number_field("days", "days", str(default.days or "") if default else "", is_required=True),
        )

    def made(told: Told, given: Form) -> Told:
        mode = _among(given, "lock-mode", [one.value for one in Mode])
        return _with(told, lock_default=DefaultRetention(mode=Mode(mode), days=_number(given, "days")))

    return Row(
        kind="object-lock",
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, _: _with(told, lock_default=None),
    )


def _tagging() -> Row:
    def fields(told: Told, _: Chosen) -> tuple[Field, ...]:
        said = "\n".join(f"{key}={value}" for key, value in told.rules.tags)
        return (_long("tags", said, hint="telling-tags"),)

    def made(told: Told, given: Form) -> Told:
        pairs = []
        for line in _lines(given, "tags"):
            key, _, value = line.partition("=")
            pairs.append((key.strip(), value.strip()))
        return _with(told, tags=check_tags(pairs, BUCKET_TAGS_MAX))

    return Row(
        kind="tagging",
        shown=lambda told, _: tuple(
            (Line(label=key, value=value, is_code=True),) for key, value in told.rules.tags
        ),
        fields=fields,
        made=made,
        left=lambda told, n: _with(told, tags=_without(told.rules.tags, n)),
    )


def _notification() -> Row:
    def shown(told: Told, chosen: Chosen) -> Rules:
        names = {arn: name for name, arn in chosen.webhooks}
        return tuple(
            (
                _plain("webhook", names.get(one.topic, one.topic)),
                *(_choice("event", event) for event in one.events),
                *_within(one.prefix, one.suffix),
            )
            for one in told.rules.notifications
        )

    def fields(_told: Told, chosen: Chosen) -> tuple[Field, ...]:
        return (
            Field(
                name="webhook",
                label="webhook",
                kind="choice",
                hint="telling-webhook",
                options=tuple(Option(value=arn, text=name) for name, arn in chosen.webhooks),
            ),
            _several("event", FAMILIES),
            _text("below", is_required=False, hint="telling-below"),
            _text("ending", is_required=False),
        )

    def made(told: Told, given: Form) -> Told:
        taken = {one.id for one in told.rules.notifications}
        number = next(n for n in range(1, len(taken) + 2) if f"notification-{n}" not in taken)
        events = tuple(one for one in FAMILIES if one in given.many("event"))
        if not events:
            raise malformed("event-unknown")
        line = Notification(
            id=f"notification-{number}",
            topic=given.one("webhook"),
            events=events,
            prefix=given.one("below"),
            suffix=given.one("ending"),
        )
        return _with(told, notifications=(*told.rules.notifications, line))

    return Row(
        kind="notification",
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: _with(told, notifications=_without(told.rules.notifications, n)),
    )


def _inventory() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        return tuple(_of_inventory(one) for one in told.rules.inventories)

    def fields(_told: Told, chosen: Chosen) -> tuple[Field, ...]:
        return (
            _text("report-id", hint="telling-report"),
            _select("destination", "", chosen.buckets, hint="telling-destination"),
            _text("destination-below", is_required=False),
            _select("frequency", FREQUENCIES[0], FREQUENCIES),
            _select("versions-listed", "Current", ("Current", "All")),
            _text("below", is_required=False, hint="telling-below"),
            _several("columns", FIELDS, "Size\nLastModifiedDate"),
        )

    def made(told: Told, given: Form) -> Told:
        rule = Inventory(
            id=given.one("report-id").strip(),
            is_enabled=True,
            destination=given.one("destination"),
            destination_prefix=given.one("destination-below"),
            prefix=given.one("below"),
            has_all_versions=_among(given, "versions-listed", ("Current", "All")) == "All",
            frequency=_among(given, "frequency", FREQUENCIES),
            fields=tuple(one for one in FIELDS if one in given.many("columns")),
        )
        if any(one.id == rule.id for one in told.rules.inventories):
            raise malformed("report-id-taken")
        return _with(told, inventories=(*told.rules.inventories, rule))

    return Row(
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: _with(told, inventories=_without(told.rules.inventories, n)),
    )


def _cors() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        return tuple(_of_cors(one) for one in told.rules.cors)

    def fields(_told: Told, _: Chosen) -> tuple[Field, ...]:
        return (
            _long("origins", "", hint="telling-origins"),
            _several("methods", METHODS, "GET"),
            _long("headers", "", is_required=False, hint="telling-headers"),
            _long("exposes", "", is_required=False),
            _number_field("age_s", "age-seconds"),
        )

    def made(told: Told, given: Form) -> Told:
        rule = CorsRule(
            origins=_lines(given, "origins"),
            methods=tuple(one for one in METHODS if one in given.many("methods")),
            headers=_lines(given, "headers"),
            exposes=_lines(given, "exposes"),
            age_s=_number(given, "age_s"),
        )
        return _with(told, cors=(*told.rules.cors, rule))

    return Row(
        kind="cors",
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: _with(told, cors=_without(told.rules.cors, n)),
    )


def _policy() -> Row:
    return Row(
        kind="policy",
        shown=lambda told, _: (
            ((Line(label="size", size_bytes=len(told.rules.policy.encode())),),) if told.rules.policy else ()
        ),
        fields=lambda told, _: (
            _long("policy-document", told.rules.policy, hint="telling-policy", most=20_480),
        ),
        made=lambda told, given: _with(told, policy=given.one("policy-document").strip()),
        left=lambda told, _: _with(told, policy=""),
    )


def _encryption() -> Row:
    def shown(told: Told, chosen: Chosen) -> Rules:
        said = told.rules.encryption
        if said is None:
            return ()
        names = {id_: name for name, id_ in chosen.keys}
        return (
            (_plain("key", names.get(said.key, said.key)) if said.key else _choice("key", "bucket-key"),),
        )

    def fields(told: Told, chosen: Chosen) -> tuple[Field, ...]:
        said = told.rules.encryption
        mine = next((id_ for name, id_ in chosen.keys if said and said.key in (name, id_)), "bucket-key")
        own = Option(value="bucket-key", text="bucket-key")
        rows = (own, *(Option(value=id_, text=name) for name, id_ in chosen.keys))
        return (
            Field(
                name="default-key",
                label="default-key",
                kind="choice",
                hint="telling-key",
                value=mine,
                options=rows,
            ),
        )

    def made(told: Told, given: Form) -> Told:
        key = given.one("default-key")
        said = Encryption() if key == "bucket-key" else Encryption(algorithm="aws:kms", key=key)
        return _with(told, encryption=said)

    return Row(
        kind="encryption",
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, _: _with(told, encryption=None),
    )


def _ownership() -> Row:
    return Row(
        kind="ownershipControls",
        shown=lambda told, _: (
            ((_choice("ownership", told.rules.ownership),),) if told.rules.ownership else ()
        ),
        fields=lambda told, _: (_select("ownership", told.rules.ownership or OWNERSHIPS[0], OWNERSHIPS),),
        made=lambda told, given: _with(told, ownership=_among(given, "ownership", OWNERSHIPS)),
        left=lambda told, _: _with(told, ownership=""),
    )


def _public_access() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        said = told.rules.public_access
        if said is None:
            return ()
        return (tuple(_choice("public-access", one) for one in PUBLIC if getattr(said, one)),)

    def fields(told: Told, _: Chosen) -> tuple[Field, ...]:
        said = told.rules.public_access
        on = "\n".join(one for one in PUBLIC if said is not None and getattr(said, one))
        return (_several("public-access", PUBLIC, on, hint="telling-public"),)

    def made(told: Told, given: Form) -> Told:
        on = given.many("public-access")
        return _with(told, public_access=PublicAccess(**{one: one in on for one in PUBLIC}))

    return Row(
        kind="publicAccessBlock",
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, _: _with(told, public_access=None),
    )


def _of_lifecycle(one: LifecycleRule) -> tuple[Line, ...]:
    return (
        _plain("rule-id", one.id),
        *(() if one.is_enabled else (_choice("state", "switched-off"),)),
        *_within(one.prefix, ""),
        *(_plain("tag", f"{key}={value}") for key, value in one.tags),
        *(() if one.bytes_above is None else (Line(label="larger-than", size_bytes=one.bytes_above),)),
        *(() if one.bytes_below is None else (Line(label="smaller-than", size_bytes=one.bytes_below),)),
        *_count("ends-after", one.days),
        *(() if one.date is None else (Line(label="ends-on", moment=from_text(one.date)),)),
        *((_choice("ends", "lone-markers"),) if one.ends_lone_markers else ()),
        *_count("noncurrent-after", one.noncurrent_days),
        *_count("noncurrent-kept", one.noncurrent_kept),
        *_count("uploads-after", one.upload_days),
    )


def _of_inventory(one: Inventory) -> tuple[Line, ...]:
    return (
        _plain("report-id", one.id),
        *(() if one.is_enabled else (_choice("state", "switched-off"),)),
        _plain("destination", one.destination),
        *((_plain("destination-below", one.destination_prefix),) if one.destination_prefix else ()),
        _choice("frequency", one.frequency),
        _choice("versions-listed", "All" if one.has_all_versions else "Current"),
        *_within(one.prefix, ""),
        *(_choice("column", field) for field in one.fields),
    )


def _of_cors(one: CorsRule) -> tuple[Line, ...]:
    return (
        _plain("origins", ", ".join(one.origins)),
        _plain("methods", ", ".join(one.methods)),
        *((_plain("headers", ", ".join(one.headers)),) if one.headers else ()),
        *((_plain("exposes", ", ".join(one.exposes)),) if one.exposes else ()),
        *_count("age-seconds", one.age_s),
    )


def _plain(label: str, value: str) -> Line:
    return Line(label=label, value=value)


def _choice(label: str, value: str) -> Line:
    return Line(label=label, value=value.lower(), is_choice=True)


def _count(label: str, value: int | None) -> tuple[Line, ...]:
    return () if value is None else (_plain(label, str(value)),)


def _within(prefix: str, suffix: str) -> tuple[Line, ...]:
    return (
        *((Line(label="below", value=prefix, is_code=True),) if prefix else ()),
        *((Line(label="ending", value=suffix, is_code=True),) if suffix else ()),
    )


def _text(name: str, *, is_required: bool = True, hint: str | None = None) -> Field:
    return Field(name=name, label=name, is_required=is_required, hint=hint, chars_max=1_024)


def _long(
    name: str, value: str, *, is_required: bool = True, hint: str | None = None, most: int = 10_000
) -> Field:
    return Field(
        name=name, label=name, kind="long", value=value, is_required=is_required, hint=hint, chars_max=most
    )


def _number_field(name: str, label: str, value: str = "", *, is_required: bool = False) -> Field:
    return Field(
        name=name,
        label=label,
        kind="number",
        value=value,
        is_required=is_required,
        chars_max=NUMBER_CHARACTERS_MAX,
    )


def _select(
    name: str, value: str, options: "list[str] | tuple[str, ...]", *, hint: str | None = None
) -> Field:
    rows = tuple(Option(value=one, text=one.lower()) for one in options)
    return Field(name=name, label=name, kind="choice", value=value, options=rows, hint=hint)


def _several(name: str, options: tuple[str, ...], value: str = "", *, hint: str | None = None) -> Field:
    rows = tuple(Option(value=one, text=one.lower()) for one in options)
    return Field(
        name=name, label=name, kind="choices", value=value, options=rows, hint=hint, is_required=False
    )


def _with(told: Told, **changes: object) -> Told:
    return replace(told, rules=replace(told.rules, **changes))


def _without(rules: tuple[object, ...], number: int) -> tuple[object, ...]:
    return tuple(one for place, one in enumerate(rules) if place != number)


def _number(given: Form, name: str) -> int | None:
    text = given.one(name).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_CHARACTERS_MAX):
        raise malformed("bad-value", field=name)
    return int(text)


def _among(given: Form, name: str, options: "list[str] | tuple[str, ...]") -> str:
    value = given.one(name)
    if value not in options:
        raise malformed("bad-value", field=name)
    return value


def _lines(given: Form, name: str) -> tuple[str, ...]:
    found = tuple(line.strip() for line in given.one(name).split("\n") if line.strip())
    if len(found) > LINES_MAX:
        raise malformed("bad-value", field=name)
    return found


TABLE: Mapping[str, Row] = MappingProxyType(
    {
        "versioning": _versioning(),
        "lifecycle": _lifecycle(),
        "object-lock": _object_lock(),
        "encryption": _encryption(),
        "inventory": _inventory(),
        "notification": _notification(),
        "tagging": _tagging(),
        "policy": _policy(),
        "ownership": _ownership(),
        "public-access": _public_access(),
        "cors": _cors(),
    }
)
