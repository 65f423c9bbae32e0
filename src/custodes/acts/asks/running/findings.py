"""Asks about the state of an installation: one line per thing looked at."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence

OK, WARNING, WRONG, UNKNOWN = "ok", "warning", "wrong", "unknown"
ORDER = (WRONG, WARNING, UNKNOWN, OK)  # what is looked at first

# Of two things equally bad, the one without whose mending the other cannot be seen; all others after.
FIRST = (
    *(
        "database",
        "schema",
        "keyroom",
        "seal",
        "disk-space",
        "fsync",
        "kills",
        "clock-log",
        "clock-witnesses",
    ),
    *(
        "holder",
        "quorum",
        "witness",
        "stores",
        "copies",
        "scrub",
        "s3",
        "console",
        "logkeeper",
        "outbox",
        "port",
    ),
)


class LookFindings(Ask["Findings"], frozen=True, tag="look-findings"):
    """-> `Findings`. Evidence: `Local`, or a person whom policy lets look (`house:read`)."""

    evidence: Evidence


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. `name` and `why` are codes of `meanings`; `why` is empty where nothing is wrong.

    `found` is what was seen: a measure, a name, a date; never a secret, nor anything of a customer.
    `unknown`: this process cannot see it; no evidence means not assessed, which is not `ok`.
    """

    name: str
    state: str
    found: str
    why: str = ""


class Findings(msgspec.Struct, frozen=True, tag="findings"):
    """Everything that was looked at."""

    at: str
    findings: tuple[Finding, ...]


def finding(name: str, why: str, found: str, *, is_wrong: bool = False) -> Finding:
    """A finding: `ok` without a `why`, else `wrong` or a warning."""
    state = OK if not why else WRONG if is_wrong else WARNING
    return Finding(name=name, state=state, found=found, why=why)


def unknown(name: str, why: str) -> Finding:
    """This process could not look."""
    return Finding(name=name, state=UNKNOWN, found="", why=why)


def worst_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The same, what is wrong before the rest, of that what is mended first; else in their order."""
    ranks = {name: rank for rank, name in enumerate(FIRST)}
    return tuple(sorted(findings, key=lambda one: (ORDER.index(one.state), ranks.get(one.name, len(FIRST)))))
