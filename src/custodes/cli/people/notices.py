"""`custodes notices`: by which ways people are told, a notice to try them, and what waits to be told."""

import asyncio
from pathlib import Path

import click

from custodes.acts.asks.cases import LookNotices
from custodes.acts.logkeeper.notices import Notice
from custodes.adapters.outgoing import Outgoing
from custodes.adapters.system import SystemDice
from custodes.cli.speech import Asker, reaching
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, unavailable
from custodes.settings import Settings
from custodes.wiring.errands import channels

# Which files of the logkeeper's folder a channel needs; those in brackets may be left out.
FILES = {"mail": ("mail.pem", "mail.key"), "webhook": ("webhook.key",), "matrix": ("matrix.token",)}


@click.group("notices")
def notices() -> None:
    """How people are told of cases. A notice names a case and holds nothing of it."""


@notices.command("channels")
@reaching
def show_channels(asker: Asker) -> None:
    """The ways that are set up on this machine, and what is missing; settings say which there are."""
    settings = asker.settings()
    rows = [(name, place, missing(settings.logkeeper, name)) for name, place in _set_up(settings)]
    value = [{"channel": name, "place": place, "missing": list(lacks)} for name, place, lacks in rows]
    shown = (
        (name, place, "ready" if not lacks else f"missing: {', '.join(lacks)}") for name, place, lacks in rows
    )
    asker.rows({"channels": value}, ("channel", "goes to", "state"), shown)


@notices.command("try")
@click.argument("channel", type=click.Choice(tuple(FILES)))
@click.option("--to", "mail", help="For mail: the address to write to.")
@reaching
def try_channel(asker: Asker, *, channel: str, mail: str | None) -> None:
    """Send one notice that is of no case. Run it as the logkeeper's user, who alone reads the secrets."""
    settings = asker.settings()
    outgoing = Outgoing(settings.outside_hosts, loopback_too=settings.demo)
    found = next((one for one in channels(settings, outgoing) if one.name == channel), None)
    if found is None:
        raise absent("channel-not-set-up")
    if (channel == "mail") != (mail is not None):
        raise click.UsageError("mail, and only mail, needs --to")
    notice = Notice(
        id=new_id("out", SystemDice()),
        at=to_text(asker.clock.now()),
        kind="tell",
        case="-",
        customer="",
        organisation="",
        message="test",
        subject_de="Custodes: Probe der Benachrichtigung",
        subject_en="Custodes: a notice to try the channel",
        until=None,
        href=settings.console_url,
        to=(mail,) if mail else (),
    )
    told = []
    for target in found.targets(notice):
        try:
            asyncio.run(found.deliver(notice, target))
        except Refusal as refusal:
            raise unavailable("not-delivered", why=refusal.code) from refusal
        told.append(target)
    asker.pairs({"channel": channel, "told": told}, {"channel": channel, "told": told})


@notices.command("waiting")
@reaching
def waiting(asker: Asker) -> None:
    """Notices that wait to be told to your organisation. `reached: 0` means that mail can tell nobody."""
    found = asker.ask(LookNotices(asker.evidence))
    rows = ((one.at, one.kind, one.message, one.case, one.until, one.reached) for one in found.notices)
    asker.rows(found, ("since", "kind", "of", "case", "until", "reached"), rows)
    asker.say(f"{found.waiting} wait in all, the oldest since {found.oldest_at or '-'}")


def missing(folder: Path, channel: str) -> tuple[str, ...]:
    """Secrets a channel needs that are not in the logkeeper's folder."""
    return tuple(name for name in FILES[channel] if not (folder / name).is_file())


def _set_up(settings: Settings) -> list[tuple[str, str]]:
    found = [("mail", settings.mail_server)] if settings.mail_server else []
    found += [("webhook", address) for address in settings.webhooks]
    return [*found, ("matrix", ", ".join(settings.matrix))] if settings.matrix else found
