"""Rows laid down without the asks that would enrol them: who there is, and one entry that says so."""

import hashlib

from custodes.acts.asks import Token
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.keyroom import Keyroom
from custodes.acts.records import Record
from custodes.kernel import canonical
from custodes.kernel.clock import Clock, to_text
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Organisation

Ports = tuple[Clock, Dice]
Row = tuple[str, str, str, object]  # noun, id, customer or "", value


def organisation(ports: Ports, name: str, kind: PartyKind, group: str | None = None) -> Organisation:
    """An organisation whose root key nobody has; its controlling group is itself unless told."""
    clock, dice = ports
    return Organisation(
        id=new_id("org", dice),
        name=name,
        kind=kind,
        controlling_group=group or name.lower(),
        country="DE",
        root_key=canonical.b64(dice.draw(32)),
        enrolled_at=to_text(clock.now()),
        is_demo=True,
    )


def api_token(ports: Ports, home: str, **whose: str | None) -> tuple[Credential, Token]:
    """A token of an organisation's person or application (`whose`), and the row that knows its hash."""
    clock, dice = ports
    id_, secret = new_id("crd", dice), dice.draw(32).hex()
    credential = Credential(
        id=id_,
        kind=CredentialKind.API_TOKEN,
        organisation=home,
        secret=hashlib.sha256(secret.encode()).hexdigest(),
        created_at=to_text(clock.now()),
        is_demo=True,
        **whose,  # type: ignore[arg-type]
    )
    return credential, Token(f"{id_}.{secret}")


async def put(keyroom: Keyroom, customer: Customer, rows: list[Row]) -> None:
    """Make these rows stand, by one entry in a customer's log."""
    changes = tuple(Change(noun=n, id=i, customer=c, value=v) for n, i, c, v in rows)
    fields = {
        "actor": "founder",
        "actor_kind": "process",
        "phase": "single",
        "subject_hash": digest_text(rows[-1][3]),
    }
    record = Record(act="customer.create", subject=rows[-1][1], fields=fields)
    await keyroom.opened.authority.alter(lambda: Alteration(changes=changes, records=((customer, record),)))
