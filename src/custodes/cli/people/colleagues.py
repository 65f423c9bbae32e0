"""Somebody of one's own organisation, as a command about him needs him."""

from custodes.acts.asks.parties import LookParties, Me, PartyView, WhoAmI
from custodes.cli.speech import Asker
from custodes.kernel.refusal import absent


def colleague(asker: Asker, person: str) -> tuple[Me, PartyView]:
    """The asker and his colleague; `no-such-person` (absent)."""
    me = asker.ask(WhoAmI(asker.evidence))
    for customer, _ in me.customers:
        for one in asker.ask(LookParties(asker.evidence, customer)).parties:
            if (one.id, one.organisation) == (person, me.organisation):
                return me, one
    raise absent("no-such-person")
