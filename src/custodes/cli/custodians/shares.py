"""`custodes share`: a custodian gives his share of the unseal secret, from his own session, with his own key.

The words are typed where nobody sees them and leave this program only sealed to the keyroom of his card.
"""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.documents import hash_of
from custodes.acts.asks.unsealing import CancelUnseal, GiveShare, LookUnseal, UnsealView
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.asker import read_text
from custodes.cli.speech.options import FILE, confirm
from custodes.custody import shares as sharing
from custodes.custody import submission
from custodes.custody.submission import Card
from custodes.kernel import canonical
from custodes.kernel.papers import Offer
from custodes.kernel.refusal import Refusal, conflict, malformed

_CARD = click.option("--card", type=FILE, required=True, help="Your custodian's card, from the ceremony.")
CARD_BYTES_MAX = 8_192


@click.group("share")
def shares() -> None:
    """Unseal shares: how far an attempt is, give yours, end the attempt."""


@shares.command("status")
@reaching
def status(asker: Asker) -> None:
    """How many shares were given in this attempt. Needs no token and names nobody."""
    _show(asker, asker.ask(LookUnseal()))


@shares.command("give")
@_CARD
@click.option("--words-file", type=FILE, help="File whose first line is your words; rather type them.")
@signing
def give(asker: Asker, *, card: Path, words_file: Path | None) -> None:
    """Give your share, with --key-file. Your words are sealed to this attempt of your card's keyroom."""
    own = _card(card)
    offer = _offer(asker, own)
    asker.warn(f"Unsealing of {own.holder}, generation {own.generation}, as {own.custodian}.")
    if words_file is not None:
        words = read_text(words_file)
    else:
        words = click.prompt("Your 33 words", hide_input=True, err=True)
    plain = sharing.read(words).words
    sealed = submission.seal(offer, plain)
    signature = asker.key.sign(hash_of(submission.give_document(offer, sealed)))
    public = canonical.b64(asker.key.public)
    _show(asker, asker.ask(GiveShare(offer.attempt, public, sealed, signature)))


@shares.command("cancel")
@_CARD
@click.option("--confirm", "typed", help="Type nothing: the answer `cancel`, for programs.")
@signing
def cancel(asker: Asker, *, card: Path, typed: str | None) -> None:
    """End the attempt: every share given so far is forgotten. The log will name you."""
    offer = _offer(asker, _card(card))
    confirm("Every share given so far is forgotten.", "cancel", typed)
    signature = asker.key.sign(hash_of(submission.cancel_document(offer)))
    _show(asker, asker.ask(CancelUnseal(offer.attempt, canonical.b64(asker.key.public), signature)))


def _offer(asker: Asker, card: Card) -> Offer:
    seen = asker.ask(LookUnseal())
    if seen.offer is None:
        raise conflict("shares-open-nothing" if seen.sealed else "attempt-over")
    submission.check_offer(seen.offer, card)
    return seen.offer


def _card(path: Path) -> Card:
    try:
        return msgspec.convert(canonical.decode(path.read_bytes()[:CARD_BYTES_MAX]), Card)
    except (Refusal, msgspec.ValidationError) as error:
        raise malformed("bad-card") from error


def _show(asker: Asker, seen: UnsealView) -> None:
    groups = ", ".join(f"{one.given} of {one.needed}" for one in seen.groups)
    asker.pairs(
        seen,
        {
            "sealed": seen.sealed,
            "opened by shares": seen.by_shares,
            "organisations needed": seen.organisations_needed,
            "given, by organisation": groups or "-",
            "lapses in": "-" if seen.lapses_in_s is None else f"{seen.lapses_in_s} s",
        },
    )
