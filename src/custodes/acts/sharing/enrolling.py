"""A further keyroom: a receipt key of its own, made on its machine, wrapped by the holder, with its entry.

The key lies in the keyroom's own folder. Whoever opens the holder there and reaches the database can enrol
one; the entry says so to everybody who follows the house's log.
"""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from custodes.acts.authority import Alteration
from custodes.acts.footing.nouns import KeyroomKey
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.opened import Opened
from custodes.acts.permitted import house
from custodes.acts.records import Record
from custodes.custody import hierarchy
from custodes.custody.holder import Holder
from custodes.kernel.clock import to_text
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import conflict


class OwnKey(Protocol):
    """Where this machine keeps its own wrapped receipt key."""

    def read(self) -> bytes | None:
        """The wrap; None before there is one."""
        ...

    def write(self, wrapped: bytes) -> None:
        """Keep it, durably and once."""
        ...


def own_key(holder: Holder, at: tuple[str, str], place: OwnKey, dice: Dice) -> Ed25519PrivateKey:
    """The receipt key of the keyroom `at` = (house, name), made at its first start; the holder's refusals."""
    wrapped = place.read()
    if wrapped is None:
        wrapped = hierarchy.make_receipt_key(holder, *at, dice)
        place.write(wrapped)
    return Ed25519PrivateKey.from_private_bytes(hierarchy.open_receipt_key(holder, *at, wrapped))


async def enrol(o: Opened, name: str) -> None:
    """Have this keyroom known to the house; nothing where it is.

    `keyroom-has-another-key` (conflict): the name was enrolled with a key this machine does not have.
    """
    public = o.receipt_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    row = KeyroomKey(id=name, receipt_key=public, enrolled_at=to_text(o.clock.now()))

    def decide() -> Alteration:
        known = o.standing.get("keyroom", name, KeyroomKey)
        if known is not None:
            raise conflict("keyroom-has-another-key" if known.receipt_key != public else "keyroom-known")
        fields = {
            "actor": "founder",
            "actor_kind": "process",
            "phase": "single",
            "subject": name,
            "subject_hash": digest_text(row),
        }
        record = Record(act="enrol.keyroom", subject=name, fields=dict(fields))
        change = Change(noun="keyroom", id=name, customer="", value=row)
        return Alteration(changes=(change,), records=((house(o), record),))

    known = o.standing.get("keyroom", name, KeyroomKey)
    if known is None or known.receipt_key != public:
        await o.authority.alter(decide)
