"""`custodes ceremony`: replaces what opens a holder file by shares, on a machine without a network.

Nothing here reaches a house. Each custodian's words appear on his own sheet and nowhere else; the screen
never shows a word, and asks some back so that a sheet nobody can read is found today and not on the day.
"""

import tomllib
from pathlib import Path

import click
import msgspec

from custodes.adapters import file_holder
from custodes.adapters.holders import share_file
from custodes.adapters.holders.share_file import Issued
from custodes.adapters.private_file import Exists, Gone, write_new
from custodes.adapters.system import SystemDice
from custodes.cli.speech import Out, offline
from custodes.cli.speech.options import FILE, passphrase_from
from custodes.custody import shares as sharing
from custodes.custody.shares import Given, Group, Member, ShareSet
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, conflict, malformed, unavailable
from custodes.parties.signature import is_good_key

from .sheets import protocol, sheet

ASKED_BACK = 4  # words of each sheet
ROLLS_MIN = 50  # rolls of a die for about 128 bits
INTERFACES = Path("/sys/class/net")
_NEW_FOLDER = click.Path(exists=False, path_type=Path)


class _Custodian(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    key: str


class _Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    needed: int
    custodian: tuple[_Custodian, ...]


class _Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ceremony's plan: a TOML file that everybody present has read."""

    organisations_needed: int
    organisation: tuple[_Organisation, ...]


@click.command()
@click.argument("holder", type=FILE)
@click.argument("plan", type=FILE)
@click.argument("folder", type=_NEW_FOLDER)
@click.option("--dice", "has_dice", is_flag=True, help="Mix in rolls of real dice.")
@click.option("--passphrase-file", type=FILE, help="File whose first line opens the present holder file.")
@click.option("--words-file", "words_files", type=FILE, multiple=True, help="A present share, for programs.")
@offline
def ceremony(
    out: Out,
    *,
    holder: Path,
    plan: Path,
    folder: Path,
    has_dice: bool,
    passphrase_file: Path | None,
    words_files: tuple[Path, ...],
) -> None:
    """Make shares for the file HOLDER by PLAN, and write everything to the new FOLDER.

    Opens HOLDER with its passphrase, or with enough of its present shares, typed one after the other and not
    shown. FOLDER (best on a RAM disk) gets the new holder file, a sheet and a card for each custodian, and
    the protocol; a sheet is removed once words of it were given back from the paper. HOLDER is left as it
    is: destroy it when the new file has opened the house.
    """
    _warn_of_network(out)
    wanted = _wanted(plan)
    naming = file_holder.naming(holder)
    root = file_holder.open_root(holder, _secret(naming, passphrase_file, words_files))
    rolls = _rolls() if has_dice else ""
    made, issued = share_file.split(root, naming, wanted, SystemDice(), rolls)
    try:
        folder.mkdir(mode=0o700)
    except OSError:
        raise conflict("folder-not-empty") from None
    share_file.write(folder / "holder.key", made)
    for number, one in enumerate(issued, 1):
        _hand_out(out, folder, number, one)
    _write(folder / "protocol.html", protocol(made.holder, made.shares, has_dice=has_dice))
    out.pairs(
        {"folder": str(folder), "generation": made.shares.generation, "shares": len(issued)},
        {
            "holder file": folder / "holder.key",
            "generation": made.shares.generation,
            "shares": len(issued),
            "organisations needed": made.shares.group_threshold,
        },
    )


def _hand_out(out: Out, folder: Path, number: int, one: Issued) -> None:
    name = f"custodian-{number:02}"
    _write(folder / f"{name}.html", sheet(one))
    _write(folder / f"{name}.card.json", canonical.encode(msgspec.to_builtins(one.card)))
    out.warn(
        f"{one.card.custodian} ({one.card.organisation}): print {name}.html and take it from the printer."
    )
    words = one.words.split()
    for place in _places(SystemDice(), len(words)):
        while click.prompt(f"Word {place + 1}", hide_input=True, err=True).strip().lower() != words[place]:
            out.warn("This is not the word on the sheet; look again.")
    (folder / f"{name}.html").unlink()
    out.warn(f"{name}.html is removed. The paper is the share now.")


def _places(dice: Dice, words: int) -> list[int]:
    found: set[int] = set()
    while len(found) < ASKED_BACK:
        found.add(int.from_bytes(dice.draw(4), "big") % words)
    return sorted(found)


def _secret(
    naming: tuple[str, ShareSet | None], passphrase_file: Path | None, words_files: tuple[Path, ...]
) -> bytes:
    holder, present = naming
    if present is None:
        return passphrase_from(passphrase_file, "Passphrase of the holder")
    given: dict[tuple[int, int], Given] = {}
    typed = [path.read_text(encoding="utf-8").splitlines()[0] for path in words_files]
    while not sharing.is_enough(present, given):
        words = typed.pop(0) if typed else click.prompt("Words of a present share", hide_input=True, err=True)
        try:
            one = sharing.read(words)
            place = (one.group, one.member)
            public = _public_at(present, place)
            given[sharing.demand(present, holder, public, one)] = one
        except Refusal as refusal:
            if words_files:
                raise
            click.echo(f"Not taken: {refusal.code}. {len(given)} so far.", err=True)
    return sharing.combine(present, given)


def _public_at(present: ShareSet, place: tuple[int, int]) -> str:
    try:
        return present.groups[place[0]].members[place[1]].public
    except IndexError:
        raise sharing.share_wrong() from None


def _wanted(path: Path) -> ShareSet:
    """`bad-plan` (malformed; fact `why`), `bad-shares`."""
    try:
        plan = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Plan)
    except (ValueError, msgspec.ValidationError) as error:
        raise malformed("bad-plan", why=str(error)[:200]) from None
    groups = tuple(
        Group(
            organisation=one.name,
            threshold=one.needed,
            members=tuple(
                Member(custodian=each.name, mark="", public=_public(each.key, each.name))
                for each in one.custodian
            ),
        )
        for one in plan.organisation
    )
    wanted = ShareSet(
        before=(), generation=0, group_threshold=plan.organisations_needed, groups=groups, identifier=0
    )
    sharing.check(wanted)
    return wanted


def _public(text: str, name: str) -> str:
    try:
        is_good = is_good_key(canonical.unb64(text))
    except (Refusal, ValueError):
        is_good = False
    if not is_good:
        raise malformed("bad-plan", why=f"the key of {name} is no Ed25519 public key")
    return text


def _rolls() -> str:
    rolls = ""
    while len(rolls) < ROLLS_MIN:
        more = click.prompt(f"Rolls of a die, {len(rolls)} of {ROLLS_MIN} so far", hide_input=True, err=True)
        rolls += "".join(one for one in more if one in "123456")
    return rolls


def _warn_of_network(out: Out) -> None:
    up = []
    for interface in sorted(INTERFACES.glob("*")) if INTERFACES.is_dir() else ():
        try:
            state = (interface / "operstate").read_text(encoding="ascii").strip()
        except OSError:
            continue
        if state == "up":
            up.append(interface.name)
    if up:
        out.warn(f"This machine has a network: {', '.join(up)}. Pull the cable for a real ceremony.")


def _write(path: Path, text: bytes) -> None:
    try:
        write_new(path, text)
    except Exists:
        raise conflict("folder-not-empty") from None
    except Gone:
        raise unavailable("folder-gone") from None
