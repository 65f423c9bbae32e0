"""Every unseal is an entry in the house's own log: which holder, how it was opened, and by whose shares."""

from collections.abc import Sequence

from custodes.acts.footing.customer import Customer
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import unavailable

BY_SECRET, BY_ITSELF, BY_CREDENTIAL, BY_SHARES = "secret", "itself", "credential", "shares"


async def tell(o: Opened, keyroom: str, holder: tuple[str, str], how: str, by: Sequence[str]) -> None:
    """Write it down before any key is used; `unseal-not-told` (unavailable) where it cannot be.

    `holder` is (URI, grade); `by` names the organisations whose shares were enough. A house that is only
    being founded has no log of its own yet.
    """
    own = o.standing.get("customer", o.house, Customer)
    if own is None:
        return
    fields: dict[str, Plain] = {
        "actor": keyroom,
        "actor_kind": "process",
        "phase": "single",
        "subject": holder[0],
        "custody": holder[1],
        "reason": how,
    }
    if by:
        fields |= {"organisations": list(by), "count": len(by)}
    await o.records.ready(own)
    act_id = new_id("act", o.dice)
    entry = o.records.seal(own, act_id, 0, Record(act="house.unseal", subject=holder[0], fields=fields))
    if isinstance(await o.gate.commit(Act(id=act_id, entries=(entry,), is_urgent=True)), Failed):
        raise unavailable("unseal-not-told")
