"""The witnesses, asked now: by the logkeeper, which alone reaches them, and told at its socket."""

from collections.abc import Iterator

import msgspec

from custodes.acts.asks.running.findings import Finding, finding, unknown
from custodes.settings import Settings
from custodes.wiring.meters.probe import asked

NAME = "witness-asked"
UNREACHABLE = frozenset({"witness-late", "witness-gone", "witness-busy"})
CONFLICT = frozenset({"witness-conflict", "witness-behind"})  # `behind` here: he remembers more than there is
_OK = 200


class _Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As `wiring.meters.logkeeper.WitnessSaid`; whoever looks need not hold what the logkeeper is made of."""

    name: str
    said: str
    asked_age_s: float | None
    signed_age_s: float | None


def witnesses(settings: Settings) -> Iterator[Finding]:
    """One finding for each witness of the policies: whether he answers, cosigns, and when he did last."""
    try:
        status, text = asked(str(settings.meters / "logkeeper.sock"), "/witnesses")
        told = msgspec.json.decode(text, type=list[_Said]) if status == _OK else None
    except PermissionError:
        yield unknown(NAME, "not-ours-to-see")
        return
    except (OSError, msgspec.DecodeError):
        told = None
    if told is None:
        yield unknown(NAME, "silent")
        return
    for one in told:
        yield finding(NAME, _why(one.said), _found(one), is_wrong=one.said in CONFLICT)


def _why(said: str) -> str:
    if not said:
        return ""
    if said in CONFLICT:
        return "witness-conflict"
    if said in UNREACHABLE:
        return "witness-unreachable"
    return said if said in {"witness-without-address", "witness-unasked"} else "witness-refuses"


def _found(one: _Said) -> str:
    signed = "-" if one.signed_age_s is None else f"{one.signed_age_s:.0f} s"
    return f"{one.name}: {one.said or 'cosigned'}; last {signed}"
