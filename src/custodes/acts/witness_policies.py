"""Whose cosignatures a customer, and the house, ask for: a tlog-policy each, and what it says parsed once."""

from collections.abc import Mapping

from custodes.ledger import quorum
from custodes.ledger.quorum import Policy

from .footing.house_body import HouseBody, Shard, present
from .footing.nouns import WitnessPolicy
from .footing.standing import Standing

NOUN = "witness-policy"


class Policies:
    """Every policy that stands, by whose it is."""

    def __init__(self, standing: Standing, body: HouseBody) -> None:
        self._standing = standing
        self._body = body
        self._kept: tuple[int, Mapping[str, tuple[str, Policy]]] = (-1, {})

    def all(self) -> Mapping[str, tuple[str, Policy]]:
        """(text, policy) by owner, the house first; a house that was never given one is not listed."""
        changes = self._standing.changes((NOUN, "shard"))
        if changes != self._kept[0]:
            self._kept = (changes, self._read())
        return self._kept[1]

    def of(self, owner: str) -> Policy | None:
        """His own policy, None where he relies on the house's."""
        found = self.all().get(owner)
        return None if found is None else found[1]

    def _read(self) -> Mapping[str, tuple[str, Policy]]:
        body = present(self._body, self._standing.get("shard", self._body.id, Shard))
        texts = {body.id: body.policy} if body.policy else {}
        for row in self._standing.rows():
            if row.noun == NOUN:
                value = self._standing.get(NOUN, row.id, WitnessPolicy)
                if value is not None and value.policy:
                    texts[row.id] = value.policy
                elif row.id != body.id:
                    texts.pop(row.id, None)
        return {owner: (text, quorum.parse(text.encode())) for owner, text in texts.items()}
