"""The town stops everything, two let it go on, and an audit of the whole house finds nothing."""

from custodes.acts.asks.documents import hash_of
from custodes.acts.asks.house import Kill, KillScope, KillView, Lift, LookKills
from custodes.acts.asks.log import LookEntries

from . import cast as players
from .report import Proof, steps
from .stage import Stage

PART = "In a crisis, and afterwards"
REASON = "The tour shows what a kill does."


def kill(stage: Stage) -> Proof:
    """One person of the town pulls it; the application stands still; two organisations lift it."""
    name = stage.objects["first"].name
    olga = stage.token("olga")
    before = stage.get(stage.town, name)
    stage.ask(Kill(olga, KillScope("customer", stage.cast.customer), REASON))
    try:
        killed = stage.get(stage.town, name)
        standing = stage.ask(LookKills(olga, stage.cast.customer)).kills
        one = standing[0]
        alone = stage.refusal_of(Lift(olga, one.id, _signatures(stage, one, ("olga",))))
        still = stage.get(stage.town, name)
    finally:
        for one in stage.ask(LookKills(olga, stage.cast.customer)).kills:
            stage.ask(Lift(olga, one.id, _signatures(stage, one, ("olga", "karl"))))
    lifted = stage.get(stage.town, name)
    return Proof(
        done="Olga pulls the kill; tries to lift it alone; lifts it together with Karl of the trustee",
        shown=f"before: HTTP {before.status}; killed: HTTP {killed.status} {killed.code}; lifted alone: "
        f"{'carried out' if alone is None else f'refused, {alone.code}'}; "
        f"lifted by two: HTTP {lifted.status}",
        held=before.status == 200
        and killed.status >= 400
        and alone is not None
        and still.status >= 400
        and lifted.status == 200,
        see="/keys",
    )


def house(stage: Stage) -> Proof:
    """The trustee stops every key of the house; only together with a custodian does it go on."""
    name = stage.objects["first"].name
    karl = stage.token("karl")
    stopped = stage.ask(Kill(karl, KillScope("house"), REASON))
    try:
        killed = stage.get(stage.town, name)
        one = _of_house(stage)[0]
        alone = stage.refusal_of(Lift(karl, one.id, _signatures(stage, one, ("karl", "ada"))))
        still = stage.get(stage.town, name)
    finally:
        for one in _of_house(stage):
            stage.ask(Lift(karl, one.id, _signatures(stage, one, ("karl", "kim"))))
    lifted = stage.get(stage.town, name)
    town = stage.cast.customer
    told = stage.ask(LookEntries(stage.token("anna"), town, subject=stopped.kill)).entries
    return Proof(
        done="Karl of the trustee stops the house; tries to lift it with Ada of the trustee; lifts it with "
        "Kim of the custodian",
        shown=f"killed: HTTP {killed.status} {killed.code}; lifted by two of one organisation: "
        f"{'carried out' if alone is None else f'refused, {alone.code}'}; lifted with the custodian: HTTP "
        f"{lifted.status}; in the town's own log: {', '.join(entry.act for entry in reversed(told))}",
        held=killed.status >= 400
        and alone is not None
        and still.status >= 400
        and lifted.status == 200
        and [entry.act for entry in told] == ["lift", "kill"],
        see="/kills",
    )


def clean(stage: Stage) -> Proof:
    """After all the cheating everything is hashed again, with the holder opened."""
    report = stage.audit()
    tiles = stage.verify("tiles", str(stage.settings.public_log))
    kills = stage.ask(LookKills(stage.token("olga"), stage.cast.customer)).kills
    looked = ", ".join(f"{count} {what}" for what, count in report.counted.items())
    found = ", ".join(one.code for one in report.findings) or "nothing"
    return Proof(
        done="custodes audit: everything hashed again and compared with what is signed",
        shown=f"looked at {looked}; found {found}; public log by the stand-alone verifier: exit code "
        f"{tiles.code}; kills that stand: {len(kills)}",
        held=not report.findings
        and not report.not_checked
        and len(report.counted) > 0
        and tiles.code == 0
        and not kills,
        see="/log",
    )


STEPS = steps(
    PART,
    ("kill", "The town pulls the kill: nothing is read. One lifts it in vain, two do.", kill),
    ("house", "The trustee stops the whole house. Only with a custodian does it go on.", house),
    ("clean", "Afterwards an audit finds nothing.", clean),
)


def _of_house(stage: Stage) -> list[KillView]:
    found = stage.ask(LookKills(stage.token("karl"))).kills
    return [one for one in found if one.target.scope == "house"]


def _signatures(stage: Stage, one: KillView, keys: tuple[str, ...]) -> tuple[bytes, ...]:
    digest = hash_of(one.document)
    return tuple(players.sign(stage.people, stage.cast.people[key], digest) for key in keys)
