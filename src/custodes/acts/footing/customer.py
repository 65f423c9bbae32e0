"""A customer as the keyroom keeps him: his holder, his root, his shred keys, his logs' places; and what is
left of one who was lost with a machine.
"""

import msgspec

from custodes.custody.keys import Key

MACHINE, EXCEPTIONAL = "machine", "exceptional"
WITHHELD = "withheld"  # a log of the house: acts that a non-disclosure duty hides
SHOWN = (MACHINE, EXCEPTIONAL)  # what a customer and his auditor are shown of his sub-logs
HOUSE = "house"  # the house is its own customer: its acts have sub-logs too


class Customer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row. `shreds` holds wrapped shred keys by generation, `shred` is the newest.

    `records` is the key under which this customer's log openings lie; a kill does not touch it, so that
    the kill itself can be recorded. `slots` are the secret places of his two sub-logs in the slot tree; the
    house has a third, `WITHHELD`.
    """

    id: str
    name: str
    organisation: str
    holder: str
    root: bytes
    records: Key
    shred: int
    shreds: dict[int, bytes]
    slots: dict[str, int]
    created_at: str
    sealed: bool = False

    def log(self, kind: str) -> str:
        """The id of his sub-log of a kind."""
        return f"{self.id}/{kind}"


class LostCustomer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row: a customer who came after the backup a house was restored from.

    His sub-logs go on in their places, as a mirror proved them; his keys, people and records were only on the
    machine that was lost. So nobody can use, read or add anything for him: he is enrolled anew.
    """

    id: str
    slots: dict[str, int]
    found_at: str

    def log(self, kind: str) -> str:
        """The id of his sub-log of a kind."""
        return f"{self.id}/{kind}"


Slotted = Customer | LostCustomer  # whoever has places in the slot tree
