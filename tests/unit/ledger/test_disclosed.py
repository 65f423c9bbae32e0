import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import entry, veil
from custodes.ledger.disclosed import proven
from custodes.ledger.veil import Withheld
from fakes import SeededDice

LOG, CUSTOMER, DAY = "hse-1/withheld", "cus-1", "2026-11-22"


def an_act(customer=CUSTOMER, seed=1):
    fields = {
        "at": "2026-11-22T08:00:00Z",
        "act": "preservation.begin",
        "actor": "keyroom",
        "actor_kind": "process",
        "phase": "single",
        "house": "hse-1",
        "customer": customer,
        "case": "cas-1",
        "move": "begin",
    }
    draft = entry.Drafter().draft(fields, {}, SeededDice(seed))
    return draft.leaf, entry.expand(draft.record, None)[0]


def test_an_act_is_proved_by_its_leaf_and_the_veil_of_its_day():
    leaf, opening = an_act()
    made = veil.make(CUSTOMER, DAY, [Withheld(log=LOG, index=4, leaf=leaf)], SeededDice(2))
    shown = veil.disclose(made.opening, [(LOG, 4)])
    fields = proven((CUSTOMER, DAY), (LOG, 4, leaf), opening, (made.leaf, shown))
    assert fields["act"] == "preservation.begin"
    assert proven((CUSTOMER, DAY), (LOG, 4, leaf), opening, (b"", b""))["case"] == "cas-1"


@pytest.mark.parametrize("fault", ["leaf", "place", "day", "customer", "empty veil", "another's act"])
def test_what_is_not_as_it_was_fixed_is_refused(fault):
    leaf, opening = an_act("cus-2" if fault == "another's act" else CUSTOMER)
    held = [] if fault == "empty veil" else [Withheld(log=LOG, index=4, leaf=leaf)]
    made = veil.make(CUSTOMER, DAY, held, SeededDice(2))
    shown = veil.disclose(made.opening, [(LOG, 4)] if held else [])
    of = ("cus-2" if fault == "customer" else CUSTOMER, "2026-11-23" if fault == "day" else DAY)
    place = (LOG, 5 if fault == "place" else 4, an_act(seed=9)[0] if fault == "leaf" else leaf)
    with pytest.raises(Refusal, match="opening-differs"):
        proven(of, place, opening, (made.leaf, shown))
