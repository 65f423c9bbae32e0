"""The first page: three questions, each answered from asks, each with the entry that proves it."""

import asyncio
from datetime import datetime
from typing import Any

from custodes.acts.asks.cases import Grants, LookGrants
from custodes.acts.asks.house import LookKills
from custodes.acts.asks.keys import LookKeys
from custodes.acts.asks.log import Entries, LookEntries
from custodes.acts.asks.objects import Buckets, LookBuckets
from custodes.acts.asks.parties import CustomerView, LookCustomer, PartyView
from custodes.acts.asks.rules import LookPlaces, LookPolicy, Places, PlaceView, PolicyView
from custodes.desks.grant import decode
from custodes.kernel import canonical
from custodes.web.console.views.questions import (
    CrisisAnswer,
    Place,
    QuestionsView,
    Reader,
    Reading,
    WhereAnswer,
    WhoAnswer,
)
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint

from . import facts
from .facts import Names, maybe, names
from .files.naming import folder
from .visit import Desk, Visit, page, seated

READINGS_MAX = 500
SHOWN_MAX = 5
QUORUM_ORGANISATIONS = 2
OPEN_GRANTS = ("granted",)
EXCEPTIONAL = "exceptional"  # a read under a grant, a case or break-glass stands in this sub-log
EXCEPTIONAL_READS = ("object.get", "object.copy", "key.unwrap", "grant.use", "break-glass.use")
READER = "reader"


class QuestionsPage:
    """`/`: who may not know a customer's facts (a supplier's engineer) goes to his cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """All answers as of now."""
        if not visit.customer:
            return see_other("/kills" if visit.me.party_kind == "custodian" else "/cases")
        desk, evidence, customer = self._desk, visit.evidence, visit.customer
        known, found, places, rules = await asyncio.gather(
            names(desk, visit, customer),
            maybe(desk, LookCustomer(evidence, customer)),
            maybe(desk, LookPlaces(evidence, customer)),
            maybe(desk, LookPolicy(evidence, customer)),
        )
        if found is None:
            return see_other("/cases")
        where, who, crisis = await asyncio.gather(
            self._where(visit, places),
            self._who(visit, found, (known, presets_of(rules))),
            self._crisis(visit, found),
        )
        view = QuestionsView(customer=found.name, at=desk.clock.now(), where=where, who=who, crisis=crisis)
        return desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (page("/", "questions", seated(self._desk, self.show)),)

    async def _where(self, visit: Visit, places: Places | None) -> WhereAnswer:
        used = [one for one in places.places if one.buckets or one.objects > 0] if places else []
        return WhereAnswer(
            places=tuple(place_of(one) for one in used),
            unplaced=0,
            boundary=boundary_name(places) if places else "",
            map_href="/objects#boundary",
            proof=await facts.latest(self._desk, visit, "object.put", "bucket.create", "change.boundary"),
        )

    async def _who(
        self, visit: Visit, customer: CustomerView, known_rules: tuple[Names, frozenset[str]]
    ) -> WhoAnswer:
        desk, evidence = self._desk, visit.evidence
        known, presets = known_rules
        reads, grants, newest, machine, buckets = await asyncio.gather(
            asyncio.gather(
                *(
                    facts.entries(
                        desk,
                        LookEntries(evidence, customer.id, kind=EXCEPTIONAL, act=act, limit=READINGS_MAX),
                    )
                    for act in EXCEPTIONAL_READS
                )
            ),
            maybe(desk, LookGrants(evidence, customer.id)),
            facts.entries(desk, LookEntries(evidence, customer.id, kind="exceptional", limit=1)),
            facts.entries(desk, LookEntries(evidence, customer.id, kind="machine", limit=1)),
            maybe(desk, LookBuckets(evidence, customer.id)),
        )
        rows = sorted((one for found in reads for one in found.entries), key=lambda e: e.at, reverse=True)
        since = _since(customer, reads)
        done = [one for one in rows if one.fields.get("phase") != "outcome" and facts.moment(one.at) >= since]
        return WhoAnswer(
            readers=(*_everybody(buckets), *_readers(known.parties, presets), *_granted(grants, known)),
            readings=tuple(_reading(one, known) for one in done[:SHOWN_MAX]),
            since=since,
            machine_entries=sum(size for log, size in machine.sizes.items() if log.endswith("/machine")),
            exceptional_uses=len(done),
            proof=facts.proof(rows[0])
            if rows
            else facts.proof(newest.entries[0])
            if newest.entries
            else None,
        )

    async def _crisis(self, visit: Visit, customer: CustomerView) -> CrisisAnswer:
        desk, evidence = self._desk, visit.evidence
        keys, kills, proof = await asyncio.gather(
            maybe(desk, LookKeys(evidence, customer.id)),
            maybe(desk, LookKills(evidence, customer.id)),
            facts.latest(self._desk, visit, "kill", "lift", "house.unseal", "key.create"),
        )
        holder = _holder(customer.holder)
        return CrisisAnswer(
            holder=holder,
            is_sealed=visit.house.sealed or customer.sealed,
            is_killed=bool(customer.killed or (kills and kills.kills)),
            live_keys=sum(key.state == "active" for key in keys.keys) if keys else 0,
            kill_href="/kill?scope=customer",
            kills_href="/kills",
            is_break_glass_open=customer.break_glass,
            quorum_organisations=QUORUM_ORGANISATIONS,
            not_prevented=_limits(holder, visit),
            proof=proof,
        )


def place_of(one: PlaceView) -> Place:
    """A location as pages show it; a count the house does not keep is shown as not counted."""
    return Place(
        name=one.name,
        country=one.country,
        operator=one.operator,
        jurisdictions=one.jurisdictions,
        is_inside=one.inside,
        reasons=one.reasons,
        buckets=one.buckets,
        objects=one.objects if one.objects >= 0 else None,
        size_bytes=one.bytes if one.bytes >= 0 else None,
        missing=max(one.missing, 0),
    )


def boundary_of(places: Places) -> dict[str, Any]:
    """The boundary's document, as `boundary.places.Boundary` spells it; empty where none stands."""
    found = canonical.decode(places.boundary) if places.boundary else {}
    return found if isinstance(found, dict) else {}


def boundary_name(places: Places) -> str:
    """The areas a boundary names, for a heading."""
    return ", ".join(str(area) for area in boundary_of(places).get("areas", ()))


def presets_of(rules: PolicyView | None) -> frozenset[str]:
    """Names of the forms the customer's rules were made from."""
    choices = canonical.decode(rules.choices) if rules is not None else None
    found = choices if isinstance(choices, list) else []
    return frozenset(str(one.get("preset")) for one in found if isinstance(one, dict))


def _everybody(buckets: Buckets | None) -> list[Reader]:
    """Buckets that all the world may list or read: nothing else on the page weighs more."""
    shown = [one for one in (buckets.buckets if buckets else ()) if {"list", "read"} & set(one.public)]
    return [
        Reader(name="anyone", organisation=one.name, basis="public", href=folder(one.name, ""))
        for one in shown
    ]


def _readers(parties: tuple[PartyView, ...], presets: frozenset[str]) -> list[Reader]:
    """Who may read without a grant, by the rules that stand: applications, and people with the role."""
    people_read = "readers-read" in presets and "people-only-under-grant" not in presets
    found = []
    for one in parties:
        if one.party_kind != "customer":
            continue
        is_application = one.kind == "application" and "applications-own-buckets" in presets
        if is_application or (one.kind != "application" and people_read and READER in one.roles):
            basis = "application" if is_application else "role"
            found.append(Reader(name=one.name, organisation=one.organisation_name, basis=basis))
    return found


def _granted(grants: Grants | None, known: Names) -> list[Reader]:
    """Grants that open something now, by the documents people signed."""
    found = []
    for one in grants.grants if grants else ():
        if one.reasons or one.uses_spent >= one.uses_max or one.state not in OPEN_GRANTS:
            continue
        who = decode(one.document).beneficiary
        found.append(
            Reader(
                name=known.who(who.credential, who.person or ""),
                organisation=known.organisation(who.organisation),
                basis="grant",
                until=facts.moment(one.lapses_at),
                href=f"/cases/{one.case}",
            )
        )
    return found


def _reading(entry: Any, known: Names) -> Reading:  # noqa: ANN401 - an EntryView
    fields = entry.fields
    return Reading(
        at=facts.moment(entry.at),
        who=known.who(str(fields.get("actor", "")), str(fields.get("person", ""))),
        organisation=known.organisation(str(fields.get("organisation", ""))),
        what=str(fields.get("object_name") or fields.get("object_version") or fields.get("key", "")),
        ticket=str(fields.get("ticket", "")),
        purpose=str(fields.get("purpose", "")),
        entry=entry.index,
        href=f"/log/{entry.log}/{entry.index}",
        case_href=f"/cases/{fields['case']}" if fields.get("case") else None,
    )


def _since(customer: CustomerView, reads: list[Entries]) -> datetime:
    """From when on the count is complete: the customer's beginning, or the oldest entry of a full page."""
    cut = [one.entries[-1].at for one in reads if one.next_before is not None and one.entries]
    return max(map(facts.moment, (customer.created_at, *cut)))


def _holder(uri: str) -> str:
    scheme = uri.partition(":")[0]
    return "file" if scheme in {"file", "keyfile", ""} else scheme


def _limits(holder: str, visit: Visit) -> tuple[str, ...]:
    """What this installation does not prevent, said openly."""
    found = ["data-key-cached"]
    if holder == "file":
        found.insert(0, "root-on-machine")
    if visit.house.demo:
        found.append("witness-embedded")
    return tuple(found)
