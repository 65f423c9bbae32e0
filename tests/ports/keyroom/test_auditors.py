"""A veil sealed to auditors: what two of three see, and that nobody can be given another document later."""

import hashlib

import msgspec
import pytest
from click.testing import CliRunner

from custodes.acts.asks.documents import seal_auditors_document
from custodes.acts.asks.log import LookVeilSeal
from custodes.acts.asks.rules import LookSealAuditors, SetSealAuditors
from custodes.acts.upkeep import veils
from custodes.acts.watched.auditors import Auditors  # noqa: F401 - this suite is its test
from custodes.adapters import file_key
from custodes.cli import main
from custodes.kernel import canonical
from custodes.kernel.papers import SealAuditor
from custodes.kernel.refusal import Refusal
from custodes.ledger import veil
from fakes import SeededDice
from fakes.upkeep import in_upkeep
from ports.keyroom.test_upkeep_veils import hidden

DAY = "2026-11-22"


def auditors(folder, names=("ann", "bob", "cid")):
    found = []
    for n, name in enumerate(names):
        file_key.create(folder / f"{name}.key", None, SeededDice(90 + n + len(names)))
        public = file_key.sealing_key(folder / f"{name}.key", b"").public_key().public_bytes_raw()
        found.append(SealAuditor(name=name, organisation=f"org-{name}", public=public))
    return tuple(found)


def set_by(world, who, named, signers, k=2):
    generation = world.o.standing.expect("seal-auditors", world.body.id).generation
    document = seal_auditors_document(world.body.id, named, k, generation)
    return SetSealAuditors(who.token, named, k, tuple(one.sign(document) for one in signers))


def run(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


@in_upkeep
async def test_two_of_three_auditors_see_what_a_veil_hides(world):
    named = auditors(world.folder)
    for signers, code in (((world.karl,), "signatures-too-few"), ((world.kim,), "asker-did-not-sign")):
        with pytest.raises(Refusal, match=code):
            await world.ask(set_by(world, world.karl, named, signers))
    with pytest.raises(Refusal, match="bad-seal-auditors"):
        await world.ask(set_by(world, world.karl, named, (world.karl, world.kim), k=4))
    stands = await world.ask(set_by(world, world.karl, named, (world.karl, world.kim)))
    assert (stands.k, stands.auditors) == (2, named)
    position = await veils.Veils(world.o).withhold(world.present, hidden(world))
    world.clock.forward(days=1)
    await world.rounds()
    found = await world.ask(LookVeilSeal(world.olga.token, world.customer_row.id, DAY))
    assert await world.ask(LookVeilSeal(world.olga.token, world.customer_row.id, DAY)) == found
    shown = veil.lift(found.leaf, found.opening)
    assert (shown.seal, shown.withheld) == (hashlib.sha256(found.document).digest(), ())
    sealed = world.folder / "sealed.json"
    sealed.write_bytes(canonical.encode(msgspec.to_builtins(found)))
    for name in ("ann", "cid"):
        how = ("--key-file", world.folder / f"{name}.key", "--out", world.folder / f"{name}.share")
        assert run("veil", "share", sealed, *how).exit_code == 0
    assert run("veil", "open", sealed, world.folder / "ann.share").exit_code == 1
    done = run("veil", "open", sealed, world.folder / "ann.share", world.folder / "cid.share", "--json")
    assert done.exit_code == 0, done.output
    said = canonical.decode(done.stdout.strip().encode())
    assert (said["fixed"], said["closed"], said["day"]) == (True, 0, DAY)
    assert [(one["log"], one["index"]) for one in said["withheld"]] == [(position.log, position.index)]
    assert run("veil", "key", world.folder / "ann.key").exit_code == 0


@in_upkeep
async def test_a_day_that_hides_nothing_is_as_long_and_other_auditors_later_change_nothing(world):
    first = auditors(world.folder)
    await world.ask(set_by(world, world.karl, first, (world.karl, world.kim)))
    await veils.Veils(world.o).withhold(world.present, hidden(world))
    world.clock.forward(days=2)
    await world.rounds()
    ask = LookVeilSeal(world.olga.token, world.customer_row.id, DAY)
    hides = await world.ask(ask)
    empty = await world.ask(LookVeilSeal(world.olga.token, world.customer_row.id, "2026-11-23"))
    assert len(empty.document) == len(hides.document)
    others = auditors(world.folder, ("dan", "eve"))
    await world.ask(set_by(world, world.karl, others, (world.karl, world.kim)))
    assert await world.ask(ask) == hides
    assert (await world.ask(LookSealAuditors(world.olga.token))).auditors == others


@in_upkeep
async def test_without_auditors_and_for_strangers_there_is_nothing(world):
    world.clock.forward(days=1)
    await world.rounds()
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.ask(LookVeilSeal(world.olga.token, world.customer_row.id, DAY))
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.ask(LookVeilSeal(world.olga.token, world.customer_row.id, "2026-12-24"))
    with pytest.raises(Refusal):
        await world.ask(LookVeilSeal(world.erik.token, world.customer_row.id, DAY))
