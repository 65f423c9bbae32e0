"""Every desk of the house, by name and version of its law: an open case keeps the table it began with."""

from collections.abc import Mapping
from types import MappingProxyType

from custodes.kernel.refusal import absent

from .access import LAW_VERSION
from .break_glass import BREAK_GLASS_DESK
from .engine import AnyCase, Desk
from .lockbox import LOCKBOX
from .preservation import PRESERVATION

CURRENT: Mapping[str, Desk] = MappingProxyType({desk.name: desk for desk in (LOCKBOX, BREAK_GLASS_DESK)})
BY_LAW: Mapping[tuple[str, str], Desk] = MappingProxyType(
    {(desk.name, LAW_VERSION): desk for desk in CURRENT.values()}
)
# Desks with an office of their own: what they share with the others are words and forms.
APART: Mapping[str, Desk] = MappingProxyType({PRESERVATION.name: PRESERVATION})


def desk_named(name: str) -> Desk:
    """The desk at which a new case is opened today; `no-such-desk`."""
    if name not in CURRENT:
        raise absent("no-such-desk")
    return CURRENT[name]


def desk_of(case: AnyCase) -> Desk:
    """The table this case began with; ValueError if it is gone, which is our own fault."""
    if (case.desk, case.law_version) not in BY_LAW:
        raise ValueError(f"no table {case.law_version} for {case.desk}")
    return BY_LAW[case.desk, case.law_version]
