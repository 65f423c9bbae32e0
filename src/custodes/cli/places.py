"""`custodes location|boundary|rules|bucket`: where data may lie, who may do what, and what lies there."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import click

from custodes.acts.asks.buckets.bounds import BucketBounds, LookBucketBounds, SetBucketBounds
from custodes.acts.asks.objects import BucketView, CreateBucket, LookBuckets
from custodes.acts.asks.parties import Enrolled
from custodes.acts.asks.rules import LookPlaces, LookPolicy, ResetPolicy, SetBoundary, SetLocation, SetPolicy
from custodes.kernel import canonical
from custodes.objects.padding import STEPS
from custodes.settings import Settings

from .speech import Asker, reaching, signing
from .speech.options import FILE, bounded

_CUSTOMER = click.option("--customer", required=True, help="Id of the customer.")
_WARNED = {
    "demands-the-impossible": "Nothing can satisfy this rule today, so it refuses every use it is about:"
}


@click.group("location")
def locations() -> None:
    """Places where bytes can lie, and who controls them."""


@locations.command("list")
@_CUSTOMER
@click.option("--data-class", default="", help="Judge them for this class of data.")
@reaching
def list_places(asker: Asker, *, customer: str, data_class: str) -> None:
    """Every place with the verdict of a customer's boundary on it."""
    found = asker.ask(LookPlaces(asker.evidence, customer, data_class))
    rows = (
        (one.id, one.name, one.country, one.operator, one.jurisdictions, one.inside, one.reasons, one.buckets)
        for one in found.places
    )
    columns = ("location", "name", "country", "operator", "controlled from", "inside", "why not", "buckets")
    asker.rows(found, columns, rows)


@locations.command("set")
@click.option("--id", "id_", default="", help="Which one to change; else a new one.")
@click.option("--name", required=True, help="How people call it.")
@click.option("--country", help="Where the machines stand, two letters. Not known is outside.")
@click.option("--operator", help="Organisation that runs them (id). Not known is outside.")
@click.option("--jurisdiction", "jurisdictions", multiple=True, help="Whose law reaches the operator.")
@click.option("--store", required=True, help="URI of the store there, without secrets.")
@reaching
def set_location(
    asker: Asker,
    *,
    id_: str,
    name: str,
    country: str | None,
    operator: str | None,
    jurisdictions: tuple[str, ...],
    store: str,
) -> None:
    """Enter or change a place."""
    document = canonical.encode(
        {
            "name": name,
            "country": country,
            "operator": operator,
            "jurisdictions": list(jurisdictions),
            "is_demo": asker.look().demo,
        }
    )
    _show_enrolled(asker, asker.ask(SetLocation(asker.evidence, document, store, id_)))
    if asker.is_here and not _is_reached(store, asker.settings()):
        asker.warn(f"The S3 plane opens folders below {asker.settings().stores} alone: mount it there.")


def _is_reached(store: str, settings: Settings) -> bool:
    """False of a folder that no bucket can lie in, on this machine."""
    there = urlsplit(store)
    return there.scheme != "file" or Path(unquote(there.path)).resolve().is_relative_to(settings.stores)


@click.group("boundary")
def boundaries() -> None:
    """Outside of what a customer's data must never lie."""


@boundaries.command("show")
@_CUSTOMER
@reaching
def show_boundary(asker: Asker, *, customer: str) -> None:
    """A customer's boundary, and the version of the law's tables it is judged by."""
    found = asker.ask(LookPlaces(asker.evidence, customer))
    plain = canonical.decode(found.boundary) if found.boundary else {}
    shown = plain if isinstance(plain, dict) else {}
    asker.pairs(
        {"boundary": shown, "generation": found.generation, "law": found.law},
        {**shown, "generation": found.generation, "law": found.law},
    )


@boundaries.command("set")
@_CUSTOMER
@click.option("--area", "areas", multiple=True, required=True, help="Where machines may stand.")
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, required=True, help="From where one may control them."
)
@click.option("--denied", "denied", multiple=True, help="Refused even where a union would allow it.")
@click.option("--data-class", "classes", multiple=True, help="Class that may be stored; none: any known one.")
@signing
def set_boundary(
    asker: Asker,
    *,
    customer: str,
    areas: tuple[str, ...],
    jurisdictions: tuple[str, ...],
    denied: tuple[str, ...],
    classes: tuple[str, ...],
) -> None:
    """Change a customer's boundary, by your signature over it."""
    document = canonical.encode(
        {
            "areas": list(areas),
            "jurisdictions": list(jurisdictions),
            "denied_jurisdictions": list(denied),
            "data_classes": list(classes),
        }
    )
    generation = asker.ask(LookPlaces(asker.evidence, customer)).generation
    bare = SetBoundary(asker.evidence, customer, document)
    _show_enrolled(asker, asker.ask(asker.signed(bare, generation)))


@click.group("rules")
def rules() -> None:
    """Who may do what with a customer's data: forms, no language to learn."""


@rules.command("show")
@_CUSTOMER
@reaching
def show_rules(asker: Asker, *, customer: str) -> None:
    """The forms that stand, as `custodes rules set` takes them."""
    found = asker.ask(LookPolicy(asker.evidence, customer))
    choices = canonical.decode(found.choices)
    listed = [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []
    value = {"customer": found.customer, "generation": found.generation, "choices": choices}
    rows = ((one.get("preset"), canonical.encode(one.get("filled")).decode()) for one in listed)
    asker.rows(value, ("form", "filled in"), rows)


@rules.command("set")
@_CUSTOMER
@click.argument("file", type=FILE)
@signing
def set_rules(asker: Asker, *, customer: str, file: Path) -> None:
    """Replace the rules by the forms in FILE (JSON: `choices` of `rules show --json`), by your signature."""
    choices = canonical.encode(canonical.decode(file.read_bytes().strip()))
    generation = asker.ask(LookPolicy(asker.evidence, customer)).generation
    bare = SetPolicy(asker.evidence, customer, choices)
    _show_enrolled(asker, asker.ask(asker.signed(bare, generation)))


@rules.command("reset")
@_CUSTOMER
@signing
def reset_rules(asker: Asker, *, customer: str) -> None:
    """The preset rules again, by your signature."""
    generation = asker.ask(LookPolicy(asker.evidence, customer)).generation
    _show_enrolled(asker, asker.ask(asker.signed(ResetPolicy(asker.evidence, customer), generation)))


@click.group("bucket")
def buckets() -> None:
    """Buckets of the S3 endpoint."""


@buckets.command("list")
@click.option("--customer", default="", help="Id of the customer, where there is more than one.")
@reaching
def list_buckets(asker: Asker, *, customer: str) -> None:
    """Buckets, their key and where they lie."""
    found = asker.ask(LookBuckets(asker.evidence, customer))
    columns = ("bucket", "name", "key", "versioning", "data class", "locations", "created", "public")
    asker.rows(found, columns, (_bucket(one) for one in found.buckets))


@buckets.command("create")
@click.argument("name")
@_CUSTOMER
@click.option("--location", "places", multiple=True, help="Id or name; none: the first inside the boundary.")
@click.option("--data-class", default="", help="What will lie there.")
@click.option("--key", default="", help="Under which key; none: the key `objects`.")
@click.option("--owner", "owners", multiple=True, help="Application that may use it (id).")
@reaching
def create_bucket(
    asker: Asker,
    *,
    name: str,
    customer: str,
    places: tuple[str, ...],
    data_class: str,
    key: str,
    owners: tuple[str, ...],
) -> None:
    """Make a bucket inside the customer's boundary."""
    ask = CreateBucket(asker.evidence, name, places, data_class, key, customer, owners)
    made = asker.ask(ask)
    columns = ("bucket", "name", "key", "versioning", "data class", "locations", "created", "public")
    asker.pairs(made, dict(zip(columns, _bucket(made), strict=True)))


@buckets.command("bounds")
@click.argument("name")
@click.option("--padding", type=click.Choice(("none", *STEPS)), help="Lengths a store may see.")
@click.option("--bytes-max", type=click.IntRange(-1), help="Of all versions together; -1: no limit.")
@click.option("--versions-max", type=click.IntRange(-1), help="Delete markers count; -1: no limit.")
@reaching
def bucket_bounds(
    asker: Asker, *, name: str, padding: str | None, bytes_max: int | None, versions_max: int | None
) -> None:
    """Limits and padding of a bucket, and what lies in it; with an option it is set, the others stay."""
    found = asker.ask(LookBucketBounds(asker.evidence, name))
    if (padding, bytes_max, versions_max) != (None, None, None):
        steps = found.padding if padding is None else "" if padding == "none" else padding
        room = (bounded(bytes_max, found.bytes_max), bounded(versions_max, found.versions_max))
        found = asker.ask(SetBucketBounds(asker.evidence, name, steps, *room))
    _show_bounds(asker, found)


def _show_bounds(asker: Asker, found: BucketBounds) -> None:
    shown = {
        "bucket": found.bucket,
        "padding": found.padding or "none",
        "bytes": f"{found.bytes_used} of {_limit(found.bytes_max)}",
        "versions": f"{found.versions_used} of {_limit(found.versions_max)}",
        "bytes in open uploads": found.upload_bytes_used,
    }
    asker.pairs(found, shown)


def _limit(limit: int | None) -> str:
    return "no limit" if limit is None else str(limit)


def _bucket(one: BucketView) -> tuple[object, ...]:
    known = (one.id, one.name, one.key, one.versioning, one.data_class, one.locations)
    return (*known, one.created_at, one.public)


def _show_enrolled(asker: Asker, done: Enrolled) -> None:
    asker.pairs(
        done, {done.noun: done.id, "generation": done.generation, "entry": f"{done.log}:{done.index}"}
    )
    for warning in done.warnings:
        code, _, name = warning.partition(":")
        asker.warn(f"{_WARNED.get(code, code)} {name}")
