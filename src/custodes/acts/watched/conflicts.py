"""A witness, or the last signed head, knows another tree: the house is killed, in the log and for good.

The stop is a kill of the whole house by the logkeeper: it stands over a restart, customers read of it in
their own sub-logs, and only two people of two controlling groups lift it (`kills.py`). What was lifted once
does not stop again; the same witness with another tree does.
"""

import logging

import msgspec

from custodes.acts.answers.kills import KillAnswers
from custodes.acts.authority import Alteration
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills
from custodes.acts.footing.standing import Change
from custodes.acts.office.office import microseconds
from custodes.acts.office.telling import CONFLICT
from custodes.acts.opened import Opened
from custodes.acts.permitted import REASON_CHARACTERS_MAX, house
from custodes.acts.records import Record
from custodes.acts.witnessing import LOGKEEPER
from custodes.acts.writing.act import Write
from custodes.acts.writing.readers import OutboxRow
from custodes.custody.kill import Kill, KillScope
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import malformed
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation

_log = logging.getLogger("custodes.conflicts")


class Conflicts:
    """Stops the house when the logkeeper reports a conflict."""

    def __init__(self, opened: Opened, kills: KillAnswers) -> None:
        self._o = opened
        self._kills = kills

    async def stop(self, code: str, detail: str) -> None:
        """Kill the house; `bad-reason` (malformed). The same code and detail stop once."""
        o = self._o
        reason = f"{code} {detail}".strip()
        if not code or len(reason) > REASON_CHARACTERS_MAX or not reason.isprintable():
            raise malformed("bad-reason")
        id_ = new_id("kil", o.dice)
        record = _record(id_, reason)

        def decide() -> Alteration:
            row = o.standing.get("kills", KILLS_OF_HOUSE, Kills) or Kills()
            made = Kill(
                id=id_,
                scope=KillScope.HOUSE,
                subject="",
                killed_at=o.clock.now().replace(microsecond=0),
                by=LOGKEEPER,
                reason=reason,
            )
            grown = msgspec.structs.replace(row, kills=(*row.kills, made))
            return Alteration(
                changes=(Change(noun="kills", id=KILLS_OF_HOUSE, customer="", value=grown),),
                records=((house(o), record),),
                writes=tuple(Write("outbox.add", (row,)) for row in self._notices()),
            )

        _log.critical("alarm: %s; every use stops", reason)
        if self._is_known(reason):
            return
        await o.authority.alter(decide, is_urgent=True)
        o.keyring.drop()
        await self._kills.tell_everybody(record)

    def _notices(self) -> list[OutboxRow]:
        """The trustee's officers are told, each organisation of it once."""
        o = self._o
        trustees = [
            row for row in o.standing.all_of("organisation", Organisation) if row.kind is PartyKind.TRUSTEE
        ]
        at = microseconds(o.clock.now())
        found = []
        for row in trustees:
            body: dict[str, Plain] = {
                "case": "",
                "desk": "",
                "customer": o.house,
                "organisation": row.id,
                "message": CONFLICT,
            }
            id_ = new_id("out", o.dice)
            found.append(OutboxRow(id=id_, at=at, kind="tell", body=canonical.encode(body)))
        return found

    def _is_known(self, reason: str) -> bool:
        row = self._o.standing.get("kills", KILLS_OF_HOUSE, Kills)
        return row is not None and any(one.by == LOGKEEPER and one.reason == reason for one in row.kills)


def _record(kill: str, reason: str) -> Record:
    fields: dict[str, Plain] = {
        "actor": LOGKEEPER,
        "actor_kind": "process",
        "phase": "single",
        "subject": kill,
        "reason": reason,
    }
    return Record(act="kill", subject=kill, fields=fields)
