"""`custodes retention`: for how long entries can be opened, what holds them, what is destroyed next."""

from pathlib import Path

import click

from custodes.acts.asks.documents import hold_end_document, retention_document
from custodes.acts.asks.upkeep import EndHold, LookRetention, PlaceHold, Retention, SetRetention, TermView
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.options import APPROVAL_HELP, FILE, confirm
from custodes.kernel.refusal import absent, malformed

SAVE = click.option(
    "--document",
    "save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is to be signed here, and do nothing else.",
)
APPROVALS = click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)


@click.group()
def retention() -> None:
    """For how long each class of a customer's entries can be opened; leaves and proofs stay for good."""


@retention.command("show")
@click.argument("customer")
@click.option(
    "--plan", is_flag=True, help="What is over now, what keeps it, and what the next rounds destroy."
)
@reaching
def show(asker: Asker, customer: str, *, plan: bool) -> None:
    """Terms, holds, and how many entries were destroyed."""
    found = asker.ask(LookRetention(asker.evidence, customer))
    if plan:
        asker.rows(
            found,
            ("class", "kept for", "over before", "still there", "kept by"),
            [
                (one.english, _term(one), one.cutoff or "-", _over(one), ", ".join(one.held_by) or "-")
                for one in found.terms
            ],
        )
        return
    _say(asker, found)


@retention.command("set")
@click.argument("customer")
@click.option(
    "--days", "terms", multiple=True, metavar="CLASS=DAYS", help="A class that is not named: no end."
)
@click.option("--source", required=True, help="Why: a law, a contract, a decision, in your words.")
@SAVE
@APPROVALS
@click.option("--confirm", "typed", help="The customer's id, for programs.")
@signing
def set_terms(
    asker: Asker,
    customer: str,
    *,
    terms: tuple[str, ...],
    source: str,
    save: Path | None,
    approvals: tuple[Path, ...],
    typed: str | None,
) -> None:
    """Set the terms; by persons of two organisations, the customer's among them, yours with --key-file."""
    days = _days(terms)
    found = asker.ask(LookRetention(asker.evidence, customer))
    document = retention_document(asker.look().id, found.customer, days, source, found.generation)
    if saved(asker, document, save):
        return
    confirm("What is older is destroyed for ever, from the next round on.", found.customer, typed)
    ask = SetRetention(asker.evidence, found.customer, days, source, signed(asker, document, approvals))
    _say(asker, asker.ask(ask))


@retention.command("hold")
@click.argument("customer")
@click.option(
    "--class", "classes", multiple=True, required=True, help="machine, exceptional, administration."
)
@click.option("--from", "since", required=True, help="Entries since then, RFC 3339 in UTC.")
@click.option("--until", default="", help="Entries before then; none: without an end.")
@click.option("--source", required=True, help="Why, in your words.")
@click.option("--review", required=True, help="When somebody looks again, at most six months from now.")
@reaching
def place(
    asker: Asker,
    customer: str,
    *,
    classes: tuple[str, ...],
    since: str,
    until: str,
    source: str,
    review: str,
) -> None:
    """Keep entries beyond their term. It ends by `end-hold` only, also after its review was due."""
    _say(asker, asker.ask(PlaceHold(asker.evidence, customer, classes, since, until, source, review)))


@retention.command("end-hold")
@click.argument("customer")
@click.argument("hold")
@SAVE
@APPROVALS
@click.option("--confirm", "typed", help="The hold's id, for programs.")
@signing
def end(
    asker: Asker,
    customer: str,
    hold: str,
    *,
    save: Path | None,
    approvals: tuple[Path, ...],
    typed: str | None,
) -> None:
    """End a hold; by persons of two organisations, the customer's among them, yours with --key-file."""
    found = asker.ask(LookRetention(asker.evidence, customer))
    row = next((one for one in found.holds if one.id == hold), None)
    if row is None:
        raise absent("no-such-hold")
    document = hold_end_document(asker.look().id, found.customer, row.id, row.generation)
    if saved(asker, document, save):
        return
    confirm("What it held and is over is destroyed for ever.", row.id, typed)
    ask = EndHold(asker.evidence, found.customer, row.id, signed(asker, document, approvals))
    _say(asker, asker.ask(ask))


def _days(terms: tuple[str, ...]) -> dict[str, int]:
    days = {}
    for one in terms:
        name, _, count = one.partition("=")
        if not count.isascii() or not count.isdigit() or name in days:
            raise malformed("bad-term", entry_class=name)
        days[name] = int(count)
    return days


def saved(asker: Asker, document: bytes, save: Path | None) -> bool:
    """Whether what is to be signed was written away instead."""
    if save is None:
        return False
    save.write_bytes(document)
    asker.pairs({"document": str(save)}, {"document": save})
    return True


def signed(asker: Asker, document: bytes, approvals: tuple[Path, ...]) -> tuple[bytes, ...]:
    """The caller's own signature, then those that were brought."""
    return (asker.sign(document), *(path.read_bytes().strip() for path in approvals))


def _say(asker: Asker, found: Retention) -> None:
    shown: dict[str, object] = {one.english: _term(one) for one in found.terms}
    shown["source"] = found.source or "nobody has set terms: nothing is destroyed by time"
    for hold in found.holds:
        span = f"{hold.from_at} to {hold.until_at or 'no end'}"
        due = " (review is due)" if hold.is_review_due else ""
        shown[hold.id] = f"{', '.join(hold.classes)}, {span}; review {hold.review_at}{due}: {hold.source}"
    shown["destroyed so far"] = f"{found.destroyed:,} entries"
    asker.pairs(found, shown)


def _term(one: TermView) -> str:
    if one.days is not None:
        return f"{one.days:,} days, and to the end of the month"
    if not one.may_end or one.proposed is None:
        return "as long as the log"
    return f"as long as the log (default to begin with, no law: {one.proposed:,} days)"


def _over(one: TermView) -> str:
    return f"{one.over:,}{' or more' if one.is_more else ''}" if one.cutoff else "-"
