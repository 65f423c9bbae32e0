"""What each setting of a bucket shows, asks for and makes of the answers.

A setting is a row: `shown` gives its rules as lines, `fields` the form, `made` what stands after it, `left`
what stands without rule number n. Where `kind` names one of `protocols.s3.configs.kinds.KINDS`, that table's
reader and writer carry it to and from the document.
"""

from collections.abc import Mapping
from types import MappingProxyType

from custodes.kernel.clock import from_text
from custodes.kernel.refusal import malformed
from custodes.objects.rules.bucket_rules import OWNERSHIPS, Encryption, PublicAccess
from custodes.objects.rules.cors import METHODS, CorsRule
from custodes.objects.rules.inventory import FIELDS, FREQUENCIES, Inventory
from custodes.objects.rules.lifecycle import LifecycleRule
from custodes.objects.rules.locks import DefaultRetention, Mode
from custodes.objects.rules.notifying import FAMILIES, Notification
from custodes.objects.rules.tags import BUCKET_TAGS_MAX, check_tags
from custodes.web.console.views.shell import Field, Line, Option
from custodes.web.kit.forms import Form

from .access import access
from .row import (
    Chosen,
    Row,
    Rules,
    Told,
    among,
    choice,
    count,
    lines_of,
    long_text,
    number,
    number_field,
    plain,
    replace,
    select,
    several,
    text,
    with_rules,
    within,
    without,
)

PUBLIC = ("block_acls", "ignore_acls", "block_policy", "restrict")


def _versioning() -> Row:
    return Row(
        shown=lambda told, _: ((choice("versioning", told.versioning),),),
        fields=lambda told, _: (
            select("versioning", told.versioning, ("enabled", "suspended"), hint="telling-versioning"),
        ),
        made=lambda told, given: replace(
            told, versioning=among(given, "versioning", ("enabled", "suspended"))
        ),
    )


def _lifecycle() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        return tuple(_of_lifecycle(one) for one in told.rules.lifecycle)

    def fields(_told: Told, _: Chosen) -> tuple[Field, ...]:
        return (
            text("rule-id"),
            text("below", is_required=False, hint="telling-below"),
            number_field("days", "ends-after"),
            number_field("noncurrent_days", "noncurrent-after"),
            number_field("noncurrent_kept", "noncurrent-kept"),
            number_field("upload_days", "uploads-after"),
        )

    def made(told: Told, given: Form) -> Told:
        rule = LifecycleRule(
            id=given.one("rule-id").strip(),
            is_enabled=True,
            prefix=given.one("below"),
            days=number(given, "days"),
            noncurrent_days=number(given, "noncurrent_days"),
            noncurrent_kept=number(given, "noncurrent_kept"),
            upload_days=number(given, "upload_days"),
        )
        if not rule.id or (rule.noncurrent_kept is not None and rule.noncurrent_days is None):
            raise malformed("lifecycle-rule-invalid")
        return with_rules(told, lifecycle=(*told.rules.lifecycle, rule))

    return Row(
        kind="lifecycle",
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: with_rules(told, lifecycle=without(told.rules.lifecycle, n)),
    )


def _object_lock() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        default = told.rules.lock_default
        if default is None:
            return ()
        term = plain("days", str(default.days)) if default.days else plain("years", str(default.years))
        return ((choice("lock-mode", default.mode.value), term),)

    def fields(told: Told, _: Chosen) -> tuple[Field, ...]:
        default = told.rules.lock_default
        return (
            select(
                "lock-mode",
                default.mode.value if default else Mode.GOVERNANCE.value,
                [one.value for one in Mode],
                hint="telling-lock",
            ),
            number_field("days", "days", str(default.days or "") if default else "", is_required=True),
        )

    def made(told: Told, given: Form) -> Told:
        mode = among(given, "lock-mode", [one.value for one in Mode])
        return with_rules(told, lock_default=DefaultRetention(mode=Mode(mode), days=number(given, "days")))

    return Row(
        kind="object-lock",
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, _: with_rules(told, lock_default=None),
    )


def _tagging() -> Row:
    def fields(told: Told, _: Chosen) -> tuple[Field, ...]:
        said = "\n".join(f"{key}={value}" for key, value in told.rules.tags)
        return (long_text("tags", said, hint="telling-tags"),)

    def made(told: Told, given: Form) -> Told:
        pairs = []
        for line in lines_of(given, "tags"):
            key, _, value = line.partition("=")
            pairs.append((key.strip(), value.strip()))
        return with_rules(told, tags=check_tags(pairs, BUCKET_TAGS_MAX))

    return Row(
        kind="tagging",
        shown=lambda told, _: tuple(
            (Line(label=key, value=value, is_code=True),) for key, value in told.rules.tags
        ),
        fields=fields,
        made=made,
        left=lambda told, n: with_rules(told, tags=without(told.rules.tags, n)),
    )


def _notification() -> Row:
    def shown(told: Told, chosen: Chosen) -> Rules:
        names = {arn: name for name, arn in chosen.webhooks}
        return tuple(
            (
                plain("webhook", names.get(one.topic, one.topic)),
                *(choice("event", event) for event in one.events),
                *within(one.prefix, one.suffix),
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
            several("event", FAMILIES),
            text("below", is_required=False, hint="telling-below"),
            text("ending", is_required=False),
        )

    def made(told: Told, given: Form) -> Told:
        taken = {one.id for one in told.rules.notifications}
        free = next(n for n in range(1, len(taken) + 2) if f"notification-{n}" not in taken)
        events = tuple(one for one in FAMILIES if one in given.many("event"))
        if not events:
            raise malformed("event-unknown")
        line = Notification(
            id=f"notification-{free}",
            topic=given.one("webhook"),
            events=events,
            prefix=given.one("below"),
            suffix=given.one("ending"),
        )
        return with_rules(told, notifications=(*told.rules.notifications, line))

    return Row(
        kind="notification",
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: with_rules(told, notifications=without(told.rules.notifications, n)),
    )


def _inventory() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        return tuple(_of_inventory(one) for one in told.rules.inventories)

    def fields(_told: Told, chosen: Chosen) -> tuple[Field, ...]:
        return (
            text("report-id", hint="telling-report"),
            select("destination", "", chosen.buckets, hint="telling-destination"),
            text("destination-below", is_required=False),
            select("frequency", FREQUENCIES[0], FREQUENCIES),
            select("versions-listed", "Current", ("Current", "All")),
            text("below", is_required=False, hint="telling-below"),
            several("columns", FIELDS, "Size\nLastModifiedDate"),
        )

    def made(told: Told, given: Form) -> Told:
        rule = Inventory(
            id=given.one("report-id").strip(),
            is_enabled=True,
            destination=given.one("destination"),
            destination_prefix=given.one("destination-below"),
            prefix=given.one("below"),
            has_all_versions=among(given, "versions-listed", ("Current", "All")) == "All",
            frequency=among(given, "frequency", FREQUENCIES),
            fields=tuple(one for one in FIELDS if one in given.many("columns")),
        )
        if any(one.id == rule.id for one in told.rules.inventories):
            raise malformed("report-id-taken")
        return with_rules(told, inventories=(*told.rules.inventories, rule))

    return Row(
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: with_rules(told, inventories=without(told.rules.inventories, n)),
    )


def _cors() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        return tuple(_of_cors(one) for one in told.rules.cors)

    def fields(_told: Told, _: Chosen) -> tuple[Field, ...]:
        return (
            long_text("origins", "", hint="telling-origins"),
            several("methods", METHODS, "GET"),
            long_text("headers", "", is_required=False, hint="telling-headers"),
            long_text("exposes", "", is_required=False),
            number_field("age_s", "age-seconds"),
        )

    def made(told: Told, given: Form) -> Told:
        rule = CorsRule(
            origins=lines_of(given, "origins"),
            methods=tuple(one for one in METHODS if one in given.many("methods")),
            headers=lines_of(given, "headers"),
            exposes=lines_of(given, "exposes"),
            age_s=number(given, "age_s"),
        )
        return with_rules(told, cors=(*told.rules.cors, rule))

    return Row(
        kind="cors",
        adds=True,
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, n: with_rules(told, cors=without(told.rules.cors, n)),
    )


def _policy() -> Row:
    return Row(
        kind="policy",
        shown=lambda told, _: (
            ((Line(label="size", size_bytes=len(told.rules.policy.encode())),),) if told.rules.policy else ()
        ),
        fields=lambda told, _: (
            long_text("policy-document", told.rules.policy, hint="telling-policy", most=20_480),
        ),
        made=lambda told, given: with_rules(told, policy=given.one("policy-document").strip()),
        left=lambda told, _: with_rules(told, policy=""),
    )


def _encryption() -> Row:
    def shown(told: Told, chosen: Chosen) -> Rules:
        said = told.rules.encryption
        if said is None:
            return ()
        names = {id_: name for name, id_ in chosen.keys}
        return ((plain("key", names.get(said.key, said.key)) if said.key else choice("key", "bucket-key"),),)

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
        return with_rules(told, encryption=said)

    return Row(
        kind="encryption",
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, _: with_rules(told, encryption=None),
    )


def _ownership() -> Row:
    return Row(
        kind="ownershipControls",
        shown=lambda told, _: ((choice("ownership", told.rules.ownership),),) if told.rules.ownership else (),
        fields=lambda told, _: (select("ownership", told.rules.ownership or OWNERSHIPS[0], OWNERSHIPS),),
        made=lambda told, given: with_rules(told, ownership=among(given, "ownership", OWNERSHIPS)),
        left=lambda told, _: with_rules(told, ownership=""),
    )


def _public_access() -> Row:
    def shown(told: Told, _: Chosen) -> Rules:
        said = told.rules.public_access
        if said is None:
            return ()
        return (tuple(choice("public-access", one) for one in PUBLIC if getattr(said, one)),)

    def fields(told: Told, _: Chosen) -> tuple[Field, ...]:
        said = told.rules.public_access
        on = "\n".join(one for one in PUBLIC if said is not None and getattr(said, one))
        return (several("public-access", PUBLIC, on, hint="telling-public"),)

    def made(told: Told, given: Form) -> Told:
        on = given.many("public-access")
        return with_rules(told, public_access=PublicAccess(**{one: one in on for one in PUBLIC}))

    return Row(
        kind="publicAccessBlock",
        shown=shown,
        fields=fields,
        made=made,
        left=lambda told, _: with_rules(told, public_access=None),
    )


def _of_lifecycle(one: LifecycleRule) -> tuple[Line, ...]:
    return (
        plain("rule-id", one.id),
        *(() if one.is_enabled else (choice("state", "switched-off"),)),
        *within(one.prefix, ""),
        *(plain("tag", f"{key}={value}") for key, value in one.tags),
        *(() if one.bytes_above is None else (Line(label="larger-than", size_bytes=one.bytes_above),)),
        *(() if one.bytes_below is None else (Line(label="smaller-than", size_bytes=one.bytes_below),)),
        *count("ends-after", one.days),
        *(() if one.date is None else (Line(label="ends-on", moment=from_text(one.date)),)),
        *((choice("ends", "lone-markers"),) if one.ends_lone_markers else ()),
        *count("noncurrent-after", one.noncurrent_days),
        *count("noncurrent-kept", one.noncurrent_kept),
        *count("uploads-after", one.upload_days),
    )


def _of_inventory(one: Inventory) -> tuple[Line, ...]:
    return (
        plain("report-id", one.id),
        *(() if one.is_enabled else (choice("state", "switched-off"),)),
        plain("destination", one.destination),
        *((plain("destination-below", one.destination_prefix),) if one.destination_prefix else ()),
        choice("frequency", one.frequency),
        choice("versions-listed", "All" if one.has_all_versions else "Current"),
        *within(one.prefix, ""),
        *(choice("column", field) for field in one.fields),
    )


def _of_cors(one: CorsRule) -> tuple[Line, ...]:
    return (
        plain("origins", ", ".join(one.origins)),
        plain("methods", ", ".join(one.methods)),
        *((plain("headers", ", ".join(one.headers)),) if one.headers else ()),
        *((plain("exposes", ", ".join(one.exposes)),) if one.exposes else ()),
        *count("age-seconds", one.age_s),
    )


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
        "access": access(),
        "public-access": _public_access(),
        "cors": _cors(),
    }
)
