"""Who must have cosigned (c2sp.org/tlog-policy), counted by organisation.

The file is a plain tlog-policy that other tools read too. Lines that begin with `#:` are comments to them and
facts to us:

    #: party <witness> <organisation> [of <controlling group>] [embedded]

If one witness has such a line, all must. In a group, `k` members are needed that stand on `k` different
controlling groups; an organisation without one is its own. An embedded witness (one run by the house itself)
is listed and counts zero.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from custodes.kernel.refusal import Refusal, malformed

from .note import ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE, Line, Vkey

POLICY_BYTES_MAX = 262_144
LINES_MAX = 512
_K = re.compile(r"[1-9][0-9]{0,3}")


class Witness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named witness key, and whose it is."""

    name: str
    vkey: Vkey
    url: str | None
    organisation: str
    is_embedded: bool = False
    controlling_group: str = ""

    @property
    def counts_as(self) -> str:
        """What it counts as: one controlling group is one, whatever its organisations are called."""
        return self.controlling_group or self.organisation


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least `k` of the members."""

    name: str
    k: int
    members: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logs accepted, witnesses known, and the name of the quorum (`none` for none)."""

    logs: tuple[tuple[Vkey, str | None], ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    @property
    def is_none(self) -> bool:
        """Whether no cosignature at all is asked for: houses marked demo only."""
        return self.quorum == "none"

    def vkeys(self) -> tuple[Vkey, ...]:
        """All keys the file pins: logs first, then witnesses."""
        return (*(vkey for vkey, _ in self.logs), *(one.vkey for one in self.witnesses.values()))


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the quorum is met, and by whom; names are the policy file's."""

    is_met: bool
    counted: tuple[str, ...]
    embedded: tuple[str, ...]
    organisations: tuple[str, ...]


def parse(raw: bytes) -> Policy:
    """Parse a policy file (`bad-policy`, with the line's number)."""
    if len(raw) > POLICY_BYTES_MAX or any(
        (byte < 0x20 and byte not in (0x09, 0x0A)) or byte == 0x7F for byte in raw
    ):
        raise malformed("bad-policy", line=0)
    lines = raw.decode("latin-1").split("\n")  # names are opaque octets
    if len(lines) > LINES_MAX:
        raise malformed("bad-policy", line=0)
    reading = _Reading()
    for number, line in enumerate(lines, 1):
        words = line.strip(" \t").replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or (words[0].startswith("#") and words[0] != "#:"):
            continue
        try:
            reading.take(words[0], words[1:])
        except (ValueError, Refusal) as error:
            raise malformed("bad-policy", line=number) from error
    return reading.done()


def evaluate(policy: Policy, lines: Iterable[Line]) -> Verdict:
    """Whether the checked lines of a checkpoint meet the quorum."""
    signed = {(line.name, line.key_id) for line in lines if line.is_checked}
    return _evaluated(policy, signed)


def met_since(policy: Policy, lines: Iterable[Line]) -> int | None:
    """The latest POSIX second such that the lines cosigned then or later meet the quorum; None if none do.

    So a quorum is as old as the oldest line it cannot do without: an old cosignature makes nothing young.
    """
    timed = [line for line in lines if line.is_checked and line.cosigned_at is not None]
    for at in sorted({line.cosigned_at for line in timed if line.cosigned_at is not None}, reverse=True):
        signed = {(line.name, line.key_id) for line in timed if (line.cosigned_at or 0) >= at}
        if not policy.is_none and _evaluated(policy, signed).is_met:
            return at
    return None


def _evaluated(policy: Policy, signed: set[tuple[str, str]]) -> Verdict:
    present = [one for one in policy.witnesses.values() if (one.vkey.name, one.vkey.key_id.hex()) in signed]
    counted = [one for one in present if not one.is_embedded]
    standing = {one.name: frozenset({one.counts_as}) for one in counted}
    for group in policy.groups.values():  # a group names only what stands above it
        held = [standing[name] for name in group.members if name in standing]
        if _distinct(held) >= group.k:
            standing[group.name] = frozenset().union(*held)
    return Verdict(
        is_met=policy.is_none or policy.quorum in standing,
        counted=tuple(one.name for one in counted),
        embedded=tuple(one.name for one in present if one.is_embedded),
        organisations=tuple(sorted({one.organisation for one in counted})),
    )


def _distinct(held: list[frozenset[str]]) -> int:
    """How many members can each be given an organisation of their own (augmenting paths)."""
    given: dict[str, int] = {}

    def place(member: int, tried: set[str]) -> bool:
        for organisation in held[member] - tried:
            tried.add(organisation)
            if organisation not in given or place(given[organisation], tried):
                given[organisation] = member
                return True
        return False

    return sum(place(member, set()) for member in range(len(held)))


class _Reading:
    """A policy file while it is read; ValueError marks the line that is wrong."""

    def __init__(self) -> None:
        self.logs: list[tuple[Vkey, str | None]] = []
        self.found: dict[str, tuple[Vkey, str | None]] = {}
        self.parties: dict[str, tuple[str, bool, str]] = {}
        self.groups: dict[str, Group] = {}
        self.members: set[str] = set()
        self.quorum: str | None = None

    def take(self, word: str, rest: list[str]) -> None:
        known = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        if word == "#:":
            self._party(rest)
        elif word in known:
            known[word](rest)
        else:
            raise ValueError(word)

    def done(self) -> Policy:
        if self.quorum is None or (self.parties and self.parties.keys() != self.found.keys()):
            raise malformed("bad-policy", line=0)
        if {vkey.public for vkey, _ in self.logs} & {vkey.public for vkey, _ in self.found.values()}:
            raise malformed("bad-policy", line=0)  # a log does not witness itself
        witnesses = {}
        for name, (vkey, url) in self.found.items():
            organisation, is_embedded, group = self.parties.get(name, (name, False, ""))
            witnesses[name] = Witness(
                name=name,
                vkey=vkey,
                url=url,
                organisation=organisation,
                is_embedded=is_embedded,
                controlling_group=group,
            )
        return Policy(logs=tuple(self.logs), witnesses=witnesses, groups=self.groups, quorum=self.quorum)

    def _log(self, rest: list[str]) -> None:
        vkey, url = self._key(rest)
        if vkey.sig_type == ED25519_COSIGNATURE or any(vkey.public == old.public for old, _ in self.logs):
            raise ValueError("log")
        self.logs.append((vkey, url))

    def _witness(self, rest: list[str]) -> None:
        name = self._fresh(rest[0] if rest else "")
        vkey, url = self._key(rest[1:])
        if vkey.sig_type not in (ED25519_COSIGNATURE, MLDSA44_COSIGNATURE):
            raise ValueError("witness")
        if any(vkey.public == old.public for old, _ in self.found.values()):
            raise ValueError("witness twice")
        self.found[name] = (vkey, url)

    def _party(self, rest: list[str]) -> None:
        if rest[:1] != ["party"]:
            raise ValueError("party")
        _, name, organisation, *more = [*rest, *[""] * (3 - len(rest))]
        group = ""
        if more[:1] == ["of"] and len(more) > 1:
            group, more = more[1], more[2:]
        is_fresh = name in self.found and name not in self.parties
        if not is_fresh or not organisation or more not in ([], ["embedded"]):
            raise ValueError("party")
        self.parties[name] = (organisation, bool(more), group)

    def _group(self, rest: list[str]) -> None:
        name = self._fresh(rest[0] if rest else "")
        rule, members = (rest[1], rest[2:]) if len(rest) > 2 else ("", [])
        for member in members:
            if (member not in self.found and member not in self.groups) or member in self.members:
                raise ValueError("member")
            self.members.add(member)
        if rule not in ("any", "all") and not _K.fullmatch(rule):
            raise ValueError("rule")
        k = {"any": 1, "all": len(members)}.get(rule) or int(rule)
        if not 1 <= k <= len(members):
            raise ValueError("rule")
        self.groups[name] = Group(name=name, k=k, members=tuple(members))

    def _quorum(self, rest: list[str]) -> None:
        if self.quorum is not None or len(rest) != 1:
            raise ValueError("quorum")
        if rest[0] != "none" and rest[0] not in self.found and rest[0] not in self.groups:
            raise ValueError("quorum")
        self.quorum = rest[0]

    def _fresh(self, name: str) -> str:
        if not name or name == "none" or name in self.found or name in self.groups:
            raise ValueError("name")
        return name

    def _key(self, rest: list[str]) -> tuple[Vkey, str | None]:
        if len(rest) not in (1, 2):
            raise ValueError("key")
        vkey = Vkey.parse(rest[0].encode("latin-1").decode("utf-8", "strict"))
        if vkey.sig_type not in (ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE):
            raise ValueError("key")
        return vkey, rest[1] if len(rest) == 2 else None
