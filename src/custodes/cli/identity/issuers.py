"""`custodes issuer`: identity issuers of an organisation, what groups are here, a token tried out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from custodes.acts.asks.identity import IssuerView, LinkPerson, LookIssuers, SetIssuer, TryToken
from custodes.acts.asks.parties import WhoAmI
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.asker import read_text
from custodes.cli.speech.options import FILE, confirm
from custodes.kernel.refusal import absent, unauthenticated

from .plans import Plan, ask_of, plan, roles_of

AUTHS = ("none", "client-secret-basic", "client-secret-post")
_PLAN = click.option("--plan", "is_plan", is_flag=True, help="Show what would change, and do nothing.")
_CONFIRM = click.option("--confirm", "typed", help="Type nothing: the issuer's id, for programs.")
_ISSUER = click.argument("issuer_id", metavar="ISSUER")
_MEMBERS = (
    click.option("--client-id", help="Our name at the issuer."),
    click.option("--auth", type=click.Choice(AUTHS), help="How we prove ourselves to it."),
    click.option("--secret-file", type=FILE, help="File whose first line is our secret there."),
    click.option("--groups-claim", help="The claim that holds the groups."),
    click.option("--scope", "scopes", multiple=True, help="A further scope to ask for; as often as needed."),
    click.option("--customer", help="For which of your customers these people act."),
    click.option("--ca", type=FILE, help="PEM bundle trusted for this issuer alone."),
    click.option("--minutes", "session_minutes", type=click.IntRange(5, 480), help="Length of a session."),
    click.option(
        "--admit/--no-admit", "admits_unknown", default=None, help="Whether newcomers become people."
    ),
    click.option("--listed/--not-listed", "is_listed", default=None, help="Shown on the sign-in page."),
)


def _members(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_MEMBERS):
        command = option(command)
    return command


@click.group("issuer")
def issuers() -> None:
    """Issuers by which your organisation's people sign in, and which role each group has.

    A group gives a session its roles. It approves nothing: that takes a key enrolled here.
    """


@issuers.command("list")
@reaching
def list_(asker: Asker) -> None:
    """Your organisation's issuers, their mapping, and whether their keys can be read."""
    found = asker.ask(LookIssuers(asker.evidence))
    rows = (
        (
            one.id,
            one.name,
            one.url,
            [f"{group}={role}" for group, role in one.roles],
            "off" if one.is_off else "read" if one.is_read else one.trouble or "not read yet",
            one.redirect,
        )
        for one in found.issuers
    )
    asker.rows(found, ("id", "name", "address", "groups", "state", "register there"), rows)


@issuers.command("add")
@click.option("--name", required=True, help="How people know it.")
@click.option("--issuer-url", "address", required=True, help="The issuer, exactly as its tokens say it.")
@click.option(
    "--subject-claim", default="sub", show_default=True, help="A person's stable id; fixed for good."
)
@click.option("--role", "pairs", multiple=True, metavar="GROUP=ROLE", help="What a group is here.")
@_members
@_PLAN
@signing
def add(asker: Asker, *, is_plan: bool, address: str, pairs: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401
    """Set up an issuer; register the address in the answer there as the redirect address."""
    me = asker.ask(WhoAmI(asker.evidence))
    if me.organisation is None or not given["client_id"]:
        raise click.UsageError("give --client-id, and a token of a person of the organisation")
    fields = {"name": given.pop("name"), "subject_claim": given.pop("subject_claim"), "url": address}
    ask = SetIssuer(
        **{
            "evidence": asker.evidence,
            "organisation": me.organisation,
            "roles": roles_of(pairs),
            **fields,
            **_chosen(given),
        }
    )
    _carry_out(asker, None, ask, is_plan=is_plan)


@issuers.command("change")
@_ISSUER
@click.option("--name", help="How people know it.")
@_members
@_PLAN
@_CONFIRM
@signing
def change(asker: Asker, *, issuer_id: str, is_plan: bool, typed: str | None, **given: Any) -> None:  # noqa: ANN401
    """Change what is given and leave the rest. Its address and subject claim never change."""
    chosen = {key: value for key, value in {**_chosen(given), "name": given["name"]}.items() if value}
    chosen |= {name: given[name] for name in ("admits_unknown", "is_listed") if given[name] is not None}
    _change(asker, issuer_id, chosen, is_plan=is_plan, typed=typed)


@issuers.command("rotate")
@_ISSUER
@click.option("--secret-file", type=FILE, required=True, help="File whose first line is the new secret.")
@_PLAN
@_CONFIRM
@signing
def rotate(asker: Asker, *, issuer_id: str, secret_file: Path, is_plan: bool, typed: str | None) -> None:
    """Put another client secret in place of the one there is."""
    _change(asker, issuer_id, {"secret": read_text(secret_file)}, is_plan=is_plan, typed=typed)


@issuers.command("map")
@_ISSUER
@click.argument("pairs", metavar="GROUP=ROLE...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these away instead.")
@_PLAN
@_CONFIRM
@signing
def map_(
    asker: Asker, *, issuer_id: str, pairs: tuple[str, ...], remove: bool, is_plan: bool, typed: str | None
) -> None:
    """Say which role a group of the issuer has here. A group without a line is nothing."""
    named = set(roles_of(pairs))
    old = set(_view(asker, issuer_id).roles)
    if remove and not named <= old:
        raise click.UsageError("there is no such line in the mapping; `custodes issuer list` shows it")
    roles = tuple(sorted(old - named if remove else old | named))
    _change(asker, issuer_id, {"roles": roles}, is_plan=is_plan, typed=typed)


def _switch(name: str, summary: str, *, is_off: bool) -> None:
    @issuers.command(name, help=summary)
    @_ISSUER
    @_PLAN
    @_CONFIRM
    @signing
    def switch(asker: Asker, *, issuer_id: str, is_plan: bool, typed: str | None) -> None:
        _change(asker, issuer_id, {"is_off": is_off}, is_plan=is_plan, typed=typed)


_switch("off", "End every session by this issuer at once and let nobody in by it.", is_off=True)
_switch("on", "Let people in by this issuer again.", is_off=False)


@issuers.command("link")
@_ISSUER
@click.argument("subject")
@click.argument("person")
@signing
def link(asker: Asker, *, issuer_id: str, subject: str, person: str) -> None:
    """Say that SUBJECT, as the issuer's tokens name somebody, is PERSON, who is known here already."""
    generation = _view(asker, issuer_id).generation
    made = asker.ask(asker.signed(LinkPerson(asker.evidence, issuer_id, subject, person), generation))
    asker.pairs(made, {"credential": made.credential, "person": made.person})


@issuers.command("try")
@_ISSUER
@click.argument("file", type=FILE)
@reaching
def try_(asker: Asker, *, issuer_id: str, file: Path) -> None:
    """What the ID token in FILE would give: groups, roles, and why it does not hold. Nothing is done.

    A token is a secret while it lasts: take one of a test account, and delete the file.
    """
    tried = asker.ask(TryToken(asker.evidence, issuer_id, read_text(file)))
    shown = {
        "does not hold": tried.reason or "-",
        "subject": tried.subject or "-",
        "groups in the token": tried.groups,
        "groups by the directory": tried.listed,
        "mapped": [f"{group}={role}" for group, role in tried.mapped],
        "roles": tried.roles,
        "is here": tried.person or "-",
        "ends in": tried.ends_in or "-",
    }
    asker.pairs(tried, shown)
    if tried.reason:
        raise unauthenticated(tried.reason)


def _view(asker: Asker, issuer_id: str) -> IssuerView:
    found = asker.ask(LookIssuers(asker.evidence)).issuers
    view = next((one for one in found if one.id == issuer_id), None)
    if view is None:
        raise absent("no-such-issuer")
    return view


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The members that were given, by the names they have in the ask."""
    chosen = {key: value for key, value in given.items() if value not in (None, ()) and key != "name"}
    if (secret := chosen.pop("secret_file", None)) is not None:
        chosen["secret"] = read_text(secret)
    if (bundle := chosen.pop("ca", None)) is not None:
        chosen["ca"] = bundle.read_text(encoding="ascii")
    return chosen


def _change(
    asker: Asker, issuer_id: str, chosen: dict[str, Any], *, is_plan: bool, typed: str | None
) -> None:
    view = _view(asker, issuer_id)
    _carry_out(asker, view, ask_of(asker.evidence, view, chosen), is_plan=is_plan, typed=typed)


def _carry_out(
    asker: Asker, old: IssuerView | None, ask: SetIssuer, *, is_plan: bool, typed: str | None = None
) -> None:
    planned = plan(old, ask)
    if is_plan or not planned.lines:
        _show(asker, planned, None)
        return
    if planned.ends:
        if typed is None:
            for line in planned.ends:
                asker.warn(line)
        confirm("", ask.issuer, typed)
    made = asker.ask(asker.signed(ask, old.generation if old else 0))
    _show(asker, planned, made)


def _show(asker: Asker, planned: Plan, made: IssuerView | None) -> None:
    value = {
        "changed": made is not None,
        "issuer": msgspec.to_builtins(made) if made else planned.issuer,
        "lines": [msgspec.to_builtins(one) for one in planned.lines],
        "ends": list(planned.ends),
    }
    asker.rows(value, ("member", "is", "becomes"), ((x.member, x.before, x.after) for x in planned.lines))
    for line in planned.ends if made is None else ():
        asker.say(line)
    if made is not None:
        asker.say(f"{made.id} stands; redirect address: {made.redirect}")
