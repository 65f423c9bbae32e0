"""Counting a quorum: distinct persons of distinct organisations, and nobody for himself (promise 3).

A person is counted once however many accounts, tokens, passkeys or memberships he has; organisations of
one controlling group are counted once; who asked, and whom the access is for, is not counted at all.
Who sits in two organisations can stand for either of them, never for both at once.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from .roles import PartyKind, role_counts
from .rows import Credential, Directory, is_live, roles_of

APPROVALS_MAX = 64
SEATS_MAX = 4


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verified approval: the credential that signed, and the organisation it was given for."""

    credential: str
    organisation: str


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone the act is for: who asked and who would use it, by credential and by person."""

    credentials: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()


class Seat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation of this kind (or exactly this one) must be among those that approve."""

    kind: PartyKind
    organisation: str | None = None


class Quorum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is needed. `operator` is the organisation that runs the machine: where its controlling group
    is also a trustee's, one organisation is never enough, whatever `organisations` says.
    """

    persons: int = 2
    organisations: int = 2
    seats: tuple[Seat, ...] = ()
    operator: str | None = None


class Pair(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One person for one organisation: `person` and `group` are the names under which they count."""

    person: str
    group: str
    organisation: str
    kind: PartyKind


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """An approval that does not count, and why."""

    credential: str
    code: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the approvals amount to: `organisations` is how many organisations *different* persons can
    stand for at once, so it never exceeds `persons`.
    """

    persons: int
    organisations: int
    pairs: tuple[Pair, ...]
    dropped: tuple[Dropped, ...]


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """Why a quorum is not met: `too-few-persons`, `too-few-organisations`, `seat-empty`,
    `too-many-approvals` or `bad-quorum`.
    """

    code: str
    need: int = 0
    have: int = 0
    seat: str | None = None


def one_person(found: Directory) -> Mapping[str, str]:
    """For each person's id the id that stands for the human being (the smallest of his ids).

    Two accounts are one person when they share a key (passkey or file key, also a revoked one), a
    verified mail address, or a civil identity.
    """
    leader = {id_: id_ for id_ in found.persons}

    def top(id_: str) -> str:
        while leader[id_] != id_:
            leader[id_] = leader[leader[id_]]  # halve the path, so that long chains stay cheap
            id_ = leader[id_]
        return id_

    marks: dict[tuple[str, str], str] = {}
    for id_, mark in _marks(found):
        other = marks.setdefault(mark, id_)
        low, high = sorted((top(id_), top(other)))
        leader[high] = low
    return {id_: top(id_) for id_ in found.persons}


def group_of(found: Directory, organisation: str) -> str | None:
    """The name under which an organisation counts: its controlling group, spelling evened out."""
    row = found.organisations.get(organisation)
    if row is None:
        return None
    return _even(row.controlling_group) or row.id


def count(approvals: Iterable[Approval], found: Directory, asker: Asker, at: datetime) -> Standing:
    """Count what counts, at one instant. Reasons for not counting: `unknown-credential`,
    `credential-not-live`, `not-a-person`, `unknown-organisation`, `wrong-organisation`,
    `no-counting-role`, `is-asker`.
    """
    human = one_person(found)
    asking = {human.get(person, person) for person in asker.persons}
    asking |= {_human(found, human, credential) for credential in asker.credentials} - {None}  # type: ignore[arg-type]
    pairs: set[Pair] = set()
    dropped: list[Dropped] = []
    for approval in approvals:
        code, pair = _judge(approval, found, human, at)
        if pair is not None and (pair.person in asking or approval.credential in asker.credentials):
            code, pair = "is-asker", None
        if pair is None:
            dropped.append(Dropped(credential=approval.credential, code=code))
        else:
            pairs.add(pair)
    return Standing(
        persons=len({pair.person for pair in pairs}),
        organisations=_together(pairs),
        pairs=tuple(sorted(pairs)),
        dropped=tuple(dropped),
    )


def meets(
    quorum: Quorum, approvals: tuple[Approval, ...], found: Directory, asker: Asker, at: datetime
) -> Shortfall | None:
    """None when the quorum is met; else what is short."""
    if quorum.persons < 1 or quorum.organisations < 1 or len(quorum.seats) > SEATS_MAX:
        return Shortfall(code="bad-quorum")
    if len(approvals) > APPROVALS_MAX:
        return Shortfall(code="too-many-approvals", need=APPROVALS_MAX, have=len(approvals))
    standing = count(approvals, found, asker, at)
    if standing.persons < quorum.persons:
        return Shortfall(code="too-few-persons", need=quorum.persons, have=standing.persons)
    organisations = max(quorum.organisations, _least(quorum, found), len(quorum.seats))
    if standing.organisations < organisations:
        return Shortfall(code="too-few-organisations", need=organisations, have=standing.organisations)
    return _fill(quorum.seats, frozenset(standing.pairs), organisations)


def _judge(
    approval: Approval, found: Directory, human: Mapping[str, str], at: datetime
) -> tuple[str, Pair | None]:
    credential = found.credentials.get(approval.credential)
    if credential is None:
        return "unknown-credential", None
    if not is_live(credential, at):
        return "credential-not-live", None
    if credential.person is None or credential.person not in human:
        return "not-a-person", None
    home = found.organisations.get(approval.organisation)
    group = group_of(found, approval.organisation)
    if home is None or group is None:
        return "unknown-organisation", None
    if credential.organisation != home.id:  # or one organisation's officer could sign for another's people
        return "wrong-organisation", None
    if not role_counts(home.kind, roles_of(found, credential.person, home.id, at)):
        return "no-counting-role", None
    return "", Pair(person=human[credential.person], group=group, organisation=home.id, kind=home.kind)


def _human(found: Directory, human: Mapping[str, str], credential: str) -> str | None:
    row = found.credentials.get(credential)
    return None if row is None or row.person is None else human.get(row.person, row.person)


def _marks(found: Directory) -> Iterable[tuple[str, tuple[str, str]]]:
    for person in found.persons.values():
        if person.mail and person.is_mail_verified:
            yield person.id, ("mail", _even(person.mail))
        if person.civil_id:
            yield person.id, ("civil", person.civil_id)
    for credential in found.credentials.values():
        if credential.person in found.persons:
            for mark in _key_marks(credential):
                yield str(credential.person), mark


def _key_marks(credential: Credential) -> Iterable[tuple[str, str]]:
    if credential.public:
        yield "key", credential.public
    if credential.passkey_id:
        yield "passkey", credential.passkey_id


def _least(quorum: Quorum, found: Directory) -> int:
    """Two, where the operator of the machine and a trustee are one organisation."""
    if quorum.operator is None:
        return 1
    operator = group_of(found, quorum.operator)
    trustees = {
        group_of(found, row.id) for row in found.organisations.values() if row.kind is PartyKind.TRUSTEE
    }
    return 2 if operator is None or operator in trustees else 1


def _together(pairs: Iterable[Pair]) -> int:
    """The largest number of pairs with no person and no group twice (a maximum matching)."""
    wishes: dict[str, list[str]] = {}
    for pair in sorted(pairs):
        wishes.setdefault(pair.person, []).append(pair.group)
    seated: dict[str, str] = {}

    def seat(person: str, tried: set[str]) -> bool:
        for group in wishes[person]:
            if group not in tried:
                tried.add(group)
                if group not in seated or seat(seated[group], tried):
                    seated[group] = person
                    return True
        return False

    return sum(seat(person, set()) for person in wishes)


def _fill(seats: tuple[Seat, ...], pairs: frozenset[Pair], organisations: int) -> Shortfall | None:
    """Give each seat a pair so that the rest still reaches the number; search is at most seats deep."""
    if not seats:
        have = _together(pairs)
        return None if have >= organisations else Shortfall(code="too-few-organisations", have=have)
    seat, rest = seats[0], seats[1:]
    short: Shortfall | None = None
    for pair in sorted(pairs):
        if pair.kind is seat.kind and seat.organisation in {None, pair.organisation}:
            left = frozenset(p for p in pairs if p.person != pair.person and p.group != pair.group)
            short = _fill(rest, left, max(organisations - 1, 0))
            if short is None:
                return None
    return short or Shortfall(code="seat-empty", need=1, seat=seat.organisation or seat.kind.value)


def _even(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
