"""`/witnesses`: whose cosignatures are asked for, what the newest checkpoint carries, and conflicts."""

from datetime import UTC, datetime, timedelta

from custodes.acts.asks.house import LookKills
from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.rules import LookWitnessPolicy
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, quorum
from custodes.ledger.note import Line
from custodes.ledger.quorum import Policy, Witness
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views import watch as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

FRESH_MINUTES = 15
LOGKEEPER = "logkeeper"
KILLS_READ_MAX = 100


class WitnessPages:
    """What stands in policies and on the published checkpoint, checked by this process with pinned keys."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Both policies on the newest checkpoint."""
        desk, evidence = self._desk, visit.evidence
        found = await desk.doors.ask(LookWitnessPolicy(evidence, visit.customer))
        note = desk.public("checkpoint")
        now = desk.clock.now()
        both = [("customer", found.policy), ("house", found.house_policy)]
        policies = tuple(
            policy_row(whose, text, note, visit.house.origin, now) for whose, text in both if text.strip()
        )
        lines = note.decode("utf-8", "replace").split("\n") if note else []
        view = views.WitnessesView(
            customer=visit.customer_name,
            id=visit.customer,
            origin=visit.house.origin,
            size=int(lines[1]) if len(lines) > 2 and lines[1].isdecimal() else None,
            policies=policies,
            conflicts=await self._conflicts(visit),
            proof=await facts.latest(desk, visit, "change.witness-policy"),
        )
        return desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (page("/witnesses", "witnesses", seated(self._desk, self.show)),)

    async def _conflicts(self, visit: Visit) -> tuple[views.ConflictRow, ...]:
        """Stops by the logkeeper, out of entries opened to the visitor."""
        ask = LookEntries(visit.evidence, visit.customer, act="kill", limit=KILLS_READ_MAX)
        told = await facts.entries(self._desk, ask)
        standing = await facts.maybe(self._desk, LookKills(visit.evidence, visit.customer))
        ids = {one.id for one in standing.kills} if standing else set()
        return tuple(
            views.ConflictRow(
                at=facts.moment(one.at),
                reason=str(one.fields.get("reason", "")),
                is_standing=str(one.fields.get("subject", "")) in ids,
                proof=facts.proof(one),
            )
            for one in told.entries
            if one.fields.get("actor") == LOGKEEPER
        )


def policy_row(whose: str, text: str, note: bytes | None, origin: str, now: datetime) -> views.PolicyRow:
    """A policy held against a checkpoint (a signed note); one that does not hold carries nothing."""
    policy = quorum.parse(text.encode())
    lines: tuple[Line, ...] = ()
    try:
        lines = cosign.verify(note, policy.vkeys(), origin).lines if note else ()
    except Refusal:
        lines = ()
    verdict = quorum.evaluate(policy, lines)
    since = quorum.met_since(policy, lines)
    met_since = datetime.fromtimestamp(since, UTC) if since is not None else None
    return views.PolicyRow(
        whose=whose,
        is_none=policy.is_none,
        is_met=verdict.is_met and bool(lines),
        quorum=_wanted(policy),
        organisations=verdict.organisations,
        met_since=met_since,
        is_fresh=met_since is not None and now - met_since <= timedelta(minutes=FRESH_MINUTES),
        witnesses=tuple(_witness(one, lines) for one in policy.witnesses.values()),
        text=text,
    )


def _witness(one: Witness, lines: tuple[Line, ...]) -> views.WitnessRow:
    mine = [
        line.cosigned_at
        for line in lines
        if line.is_checked
        and (line.name, line.key_id) == (one.vkey.name, one.vkey.key_id.hex())
        and line.cosigned_at is not None
    ]
    return views.WitnessRow(
        name=one.vkey.name,
        organisation=one.organisation,
        group=one.controlling_group,
        url=one.url or "",
        is_embedded=one.is_embedded,
        cosigned_at=datetime.fromtimestamp(max(mine), UTC) if mine else None,
    )


def _wanted(policy: Policy) -> str:
    """The quorum in short, with the file's own names: `2 of w1, w2, w3`."""
    group = policy.groups.get(policy.quorum)
    if group is None:
        return "" if policy.is_none else policy.quorum
    return f"{group.k} / {', '.join(group.members)}"
