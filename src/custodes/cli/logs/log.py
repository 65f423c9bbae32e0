"""`custodes log`: entries opened to you, receipts, copies of your tiles, pins; and `custodes explain`."""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.log import EntryView, LookEntries, MakeReceipt, SubLogTile
from custodes.acts.asks.objects import LookBucket
from custodes.acts.asks.parties import LookCustomer
from custodes.acts.asks.rules import Explain
from custodes.cli.speech import Asker, reaching
from custodes.kernel import canonical
from custodes.kernel.refusal import malformed, unavailable
from custodes.ledger import tiles
from custodes.ledger.receipt import Pins, parse_pins

from .follow import follow
from .years import prune, years

GRADES = ("sequenced", "witnessed")
_WRITE = click.Path(dir_okay=False, path_type=Path)
_CUSTOMER = click.option("--customer", required=True, help="Id of the customer.")


@click.group("log")
def log() -> None:
    """What was done with a customer's data, entry by entry, and the proof of each."""


log.add_command(follow)
log.add_command(years)
log.add_command(prune)


@log.command("entries")
@_CUSTOMER
@click.option("--kind", type=click.Choice(("machine", "exceptional")), help="Only this sub-log.")
@click.option("--subject", help="Only entries about this id.")
@click.option("--act", help="Only this act, such as key.unwrap.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@reaching
def entries(
    asker: Asker, *, customer: str, kind: str | None, subject: str | None, act: str | None, limit: int
) -> None:
    """Entries of a customer's sub-logs, newest first, opened as far as they are yours to see."""
    found: list[EntryView] = []
    before: str | None = None
    sizes: dict[str, int] = {}
    while len(found) < limit:
        page = asker.ask(
            LookEntries(
                asker.evidence, customer, kind, subject, act, before, limit=min(limit - len(found), 200)
            )
        )
        found += page.entries
        before, sizes = page.next_before, page.sizes
        if before is None:
            break
    value = {"entries": [msgspec.to_builtins(one) for one in found], "sizes": sizes}
    rows = (
        (
            f"{one.kind}:{one.index}",
            one.at,
            one.act,
            one.fields.get("decision", "-"),
            one.fields.get("organisation", "-"),
            one.fields.get("person", "erased" if "person" in one.erased else "-"),
            one.fields.get("reason", "-"),
        )
        for one in found
    )
    asker.rows(value, ("entry", "at", "act", "decision", "organisation", "person", "reason"), rows)


@log.command("receipt")
@click.argument("entry")
@click.option("--grade", type=click.Choice(GRADES), default="witnessed", help="Who vouches for it.")
@click.option("--disclose", multiple=True, help="Show only these fields; as often as needed.")
@click.option("--out", "target", type=_WRITE, help="Where it goes; else it is printed.")
@reaching
def receipt(asker: Asker, *, entry: str, grade: str, disclose: tuple[str, ...], target: Path | None) -> None:
    """A receipt for ENTRY (`<customer>/<kind>:<index>`) that verifies offline: `custodes verify`."""
    name, _, number = entry.rpartition(":")
    if not name or not number.isdecimal():
        raise click.UsageError("an entry is written <customer>/<kind>:<index>")
    made = asker.ask(MakeReceipt(asker.evidence, name, int(number), grade, disclose or None))
    if target is None:
        click.echo(made.document.decode())
        return
    target.write_bytes(made.document)
    asker.pairs({"file": str(target)}, {"written to": target})


@log.command("tiles")
@_CUSTOMER
@click.option("--kind", type=click.Choice(("machine", "exceptional")), required=True, help="Which sub-log.")
@click.argument("target", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@reaching
def copy_tiles(asker: Asker, *, customer: str, kind: str, target: Path) -> None:
    """Copy a customer's own sub-log, tiles and leaves, into FOLDER; what is there already stays."""
    name = f"{customer}/{kind}"
    size = asker.ask(LookEntries(asker.evidence, customer, kind, limit=1)).sizes.get(name, 0)
    paths = [tiles.tile_path(*one) for one in tiles.all_tiles(size)]
    bundles = -(-size // tiles.TILE_WIDTH)
    widths = [min(tiles.TILE_WIDTH, size - n * tiles.TILE_WIDTH) for n in range(bundles)]
    paths += [tiles.entries_path(n, width) for n, width in enumerate(widths)]
    with asker.progress(name) as bar:
        for done, path in enumerate(paths, 1):
            file = target / path
            if not file.is_file():
                body = asker.ask(SubLogTile(asker.evidence, name, path)).body
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(body)
            bar(done, len(paths))
    asker.pairs(
        {"folder": str(target), "log": name, "size": size, "files": len(paths)},
        {"folder": target, "log": name, "entries": size, "files": len(paths)},
    )


@log.command("pins")
@click.option("--customer", multiple=True, help="Pin the slots of this customer's sub-logs too.")
@click.option("--out", "target", type=_WRITE, help="Where they go; else they are printed.")
@reaching
def pins(asker: Asker, *, customer: tuple[str, ...], target: Path | None) -> None:
    """What a verifier must know from elsewhere: keys, policy, slots. Give it to him on another way than
    the evidence, and let him ask for it again elsewhere. With --url they come from the very installation
    they are to check: compare them with what another party knows.
    """
    raw = asker.house.published("pins.json")
    if raw is None:
        raise unavailable("pins-gone")
    known = parse_pins(raw)
    slots: dict[str, int] = {}
    for id_ in customer:
        view = asker.ask(LookCustomer(asker.evidence, id_))
        origin = asker.look().origin
        slots |= {f"{origin}/{name}": view.slots[kind] for kind, name in view.logs.items()}
    made: Pins = msgspec.structs.replace(known, slots={**known.slots, **slots})
    if target is None:
        click.echo(made.encode().decode())
        return
    target.write_bytes(made.encode())
    asker.pairs({"file": str(target)}, {"written to": target})


@click.command()
@click.argument("what")
@click.option("--customer", default="", help="Whose data it is about, where it does not say.")
@reaching
def explain(asker: Asker, *, what: str, customer: str) -> None:
    """Which rule said no, why, and who can change it.

    WHAT is a case (`cas-...`), an entry (`<customer>/<kind>:<index>`), or a question about yourself:
    `may:<action>:<kind>:<id>`, such as may:key:use-unwrap:key:key-...; or `public:<bucket>`: what all the
    world may do there, and by which rule.
    """
    if what.startswith("public:"):
        _explain_public(asker, what.removeprefix("public:"))
        return
    if what.startswith("cas-"):
        from custodes.cli.cases import explain_case  # noqa: PLC0415 - the other way round would be a circle

        explain_case(asker, what)
        return
    document = canonical.decode(asker.ask(Explain(asker.evidence, what, customer)).document)
    if not isinstance(document, dict):
        raise malformed("bad-answer")
    reasons = document.get("reasons")
    rows = [one for one in reasons if isinstance(one, dict)] if isinstance(reasons, list) else []
    asker.say("allowed" if document.get("allowed") else "not allowed")
    if rows or asker.is_json:
        asker.rows(
            document,
            ("why", "rule", "said by", "can be changed by", "or lifted by"),
            (
                [one.get(name) for name in ("message", "rule", "scope", "changed_by", "lifted_by")]
                for one in rows
            ),
        )


def _explain_public(asker: Asker, bucket: str) -> None:
    found = asker.ask(LookBucket(asker.evidence, bucket))
    if not found.public:
        asker.say("not public: who does not sign is refused")
    else:
        asker.warn("PUBLIC: anyone may, without signing: " + ", ".join(found.public))
    shown = {"bucket": found.name, "anyone may": found.public, "by the rules": found.public_by}
    asker.pairs({"bucket": found.name, "public": found.public, "public_by": found.public_by}, shown)
