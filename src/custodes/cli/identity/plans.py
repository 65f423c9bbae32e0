"""A change as it is shown before it is made: each member as it is and as it will be."""

from collections.abc import Mapping

import click
import msgspec

from custodes.acts.asks.identity import IssuerView, SetIssuer

# Members of an issuer a change can touch; the client's secret and the keys' bundle are never printed whole.
MEMBERS = (
    "name",
    "url",
    "client_id",
    "auth",
    "subject_claim",
    "groups_claim",
    "roles",
    "scopes",
    "customer",
    "ca",
    "session_minutes",
    "admits_unknown",
    "is_listed",
    "is_off",
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One member that changes."""

    member: str
    before: str
    after: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would change, and what ends by it (words for a person; empty where nothing does)."""

    issuer: str
    lines: tuple[Line, ...]
    ends: tuple[str, ...] = ()


def plan(old: IssuerView | None, new: SetIssuer) -> Plan:
    """The difference; of a new issuer every member that says something."""
    lines = [
        Line(member=name, before=_said(name, before), after=_said(name, after))
        for name in MEMBERS
        if (before := getattr(old, name, None)) != (after := getattr(new, name))
        and (old is not None or after not in (None, "", (), False))
    ]
    if new.secret:
        lines.append(Line(member="secret", before="set" if old and old.has_secret else "-", after="new"))
    return Plan(issuer=new.issuer, lines=tuple(lines), ends=_ends(old, new))


def roles_of(pairs: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`GROUP=ROLE` as often as given; the last `=` parts them, because names of groups may hold one."""
    found = []
    for pair in pairs:
        group, _, role = pair.rpartition("=")
        if not group or not role:
            raise click.UsageError("a mapping is written GROUP=ROLE")
        found.append((group, role))
    return tuple(found)


def ask_of(evidence: object, view: IssuerView, changes: Mapping[str, object]) -> SetIssuer:
    """All members of an issuer as they stand, some of them changed; the secret stays where none is given."""
    kept = {name: getattr(view, name) for name in MEMBERS}
    fields = {"evidence": evidence, "organisation": view.organisation, "issuer": view.id, **kept}
    return SetIssuer(**{**fields, **changes})


def _ends(old: IssuerView | None, new: SetIssuer) -> tuple[str, ...]:
    if old is None:
        return ()
    found = []
    gone = sorted(set(old.roles) - set(new.roles))
    if any(getattr(old, name) != getattr(new, name) for name in MEMBERS) or new.secret:
        found.append("every session by this issuer ends; people sign in anew")
    if new.is_off and not old.is_off:
        found.append("nobody gets in by it until it is on again; its directory can change nothing")
    found += [f"the group {group} is {role} no more" for group, role in gone]
    return tuple(found)


def _said(name: str, value: object) -> str:
    if name == "ca":
        return f"a bundle of {len(str(value))} characters" if value else "-"
    if name == "roles" and isinstance(value, tuple):
        return ", ".join(f"{group}={role}" for group, role in value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    return "-" if value in (None, "") else str(value)
