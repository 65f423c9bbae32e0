"""The words an entry may use: one table of fields, one of acts. Both only ever grow.

*act* fields say what was done and stay openable for as long as the entry is kept; *person* fields can be
erased for ever. An act belongs to one of a customer's two sub-logs; a machine act under a grant, a case
or break-glass belongs to the exceptional one (`sub_log`).
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from custodes.kernel.canonical import INT_MAX, Plain
from custodes.kernel.refusal import malformed


class FieldClass(StrEnum):
    """Whether a field can be erased."""

    ACT = "act"
    PERSON = "person"


class SubLog(StrEnum):
    """Which of a customer's two sub-logs."""

    MACHINE = "machine"
    EXCEPTIONAL = "exceptional"


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field: its class, the form of its value and what it says."""

    name: str
    field_class: FieldClass
    form: str
    says: str


class ActCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An act: its sub-log and the fields it must have besides `MANDATORY`.

    A code that ends in `.*` is a family. An outcome needs only its admission, a denied act only its reason.
    """

    code: str
    sub_log: SubLog
    mandatory: tuple[str, ...] = ()


def _text(value: object) -> bool:
    return type(value) is str


def _number(value: object) -> bool:
    return type(value) is int and 0 <= value <= INT_MAX


def _texts(value: object) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def _time(value: object) -> bool:
    return type(value) is str and _TIME.fullmatch(value) is not None


_HASH = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")


def _hash(value: object) -> bool:
    return type(value) is str and _HASH.fullmatch(value) is not None


def _position(value: object) -> bool:
    return type(value) is list and len(value) == 2 and _text(value[0]) and _number(value[1])


def _generations(value: object) -> bool:
    return type(value) is list and all(
        type(one) is list and len(one) == 3 and _text(one[0]) and _text(one[1]) and _number(one[2])
        for one in value
    )


def _outcomes(value: object) -> bool:
    return type(value) is list and all(
        type(one) is list
        and len(one) == 4
        and _position(one[:2])
        and _number(one[2])
        and one[3] in _WORDS["outcome"]
        for one in value
    )


def _spans(value: object) -> bool:
    return type(value) is list and all(
        type(one) is list and len(one) == 3 and _text(one[0]) and _number(one[1]) and _number(one[2])
        for one in value
    )


def _ranges(value: object) -> bool:
    if type(value) is not list or not value:
        return False
    at = -1
    for one in value:
        if type(one) is not list or len(one) != 2 or not _number(one[0]) or not _number(one[1]):
            return False
        if not at < one[0] < one[1]:
            return False
        at = one[1]
    return True


def _claims(value: object) -> bool:
    if type(value) is not list:
        return False
    for one in value:  # spelled out: every use through a connection comes by here
        if type(one) is not list or len(one) != 4:
            return False
        party, name, said, grade = one
        if not (type(party) is type(name) is type(said) is type(grade) is str and grade in _WORDS["grade"]):
            return False
    return True


_WORDS: dict[str, frozenset[str]] = {
    "phase": frozenset({"admission", "outcome", "single"}),
    "actor_kind": frozenset({"person", "application", "clock", "process", "anyone"}),
    "decision": frozenset({"allow", "deny"}),
    "outcome": frozenset({"complete", "cut", "failed"}),
    "grade": frozenset({"asserted", "signed", "attested"}),
}


def _word(name: str) -> Callable[[object], bool]:
    words = _WORDS[name]
    return lambda value: type(value) is str and value in words


FORMS: Mapping[str, Callable[[object], bool]] = {
    "text": _text,
    "number": _number,
    "texts": _texts,
    "time": _time,
    "hash": _hash,
    "position": _position,
    "generations": _generations,
    "outcomes": _outcomes,
    "claims": _claims,
    "spans": _spans,
    "ranges": _ranges,
    **{f"word:{name}": _word(name) for name in _WORDS},
}

_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("at", "act", "time", "when the act was put in order (RFC 3339, UTC, whole seconds)"),
    ("act", "act", "text", "what was done: a code of `ACTS`"),
    ("phase", "act", "word:phase", "admission and outcome of a long use; single for everything else"),
    ("house", "act", "text", "id of the house that did it"),
    ("customer", "act", "text", "id of the customer whose sub-log this is"),
    (
        "actor",
        "act",
        "text",
        "id of the credential that acted; `clock` for a deadline, `anyone` for nobody known",
    ),
    ("actor_kind", "act", "word:actor_kind", "what stands behind the credential"),
    ("organisation", "act", "text", "id of the organisation acted for"),
    ("person", "person", "text", "the pseudonym of the human for this customer, or his name"),
    ("key", "act", "text", "id of the customer's key"),
    ("key_version", "act", "number", "version of that key"),
    ("connection", "act", "text", "id of the connection a cloud's use came through, or that was changed"),
    ("bucket", "act", "text", "id of the bucket"),
    ("object_version", "act", "text", "id of the object version"),
    ("object_name", "person", "text", "name of the object: names often name people"),
    ("purpose", "act", "text", "purpose of the act, a code of the customer's list"),
    ("reason", "act", "text", "reason code of the decision, or of a refusal"),
    ("reasons", "act", "texts", "every reason of a no: scope/code, and the rule after a second slash"),
    ("ticket", "person", "text", "reference in somebody else's system, as the requester wrote it"),
    ("decision", "act", "word:decision", "what policy said"),
    ("policies", "act", "texts", "ids of the policies that decided"),
    ("policy_hash", "act", "hash", "SHA-256 of the policy sets that were in force"),
    ("generations", "act", "generations", "[noun, id, generation] of all the decision rested on"),
    ("grant", "act", "text", "id of the grant used"),
    ("grant_hash", "act", "hash", "SHA-256 of the signed grant document"),
    ("case", "act", "text", "id of the case"),
    ("move", "act", "text", "the move taken in that case"),
    (
        "form",
        "person",
        "hash",
        "SHA-256 of the canonical form sent with the move, which holds people's words",
    ),
    ("uses", "act", "number", "uses of the grant counted so far, this one included"),
    ("bytes", "act", "number", "plain bytes released or taken"),
    ("admission", "act", "position", "[log, index] of the admission this is the outcome of"),
    ("outcome", "act", "word:outcome", "how a long use ended"),
    ("outcomes", "act", "outcomes", "[log, index, bytes, outcome] of several admissions closed together"),
    ("standing_seq", "act", "number", "number of the standing root"),
    ("standing_root", "act", "hash", "root over the standing rows after this act"),
    ("location", "act", "text", "id of the location the bytes lie in or go to"),
    ("source_location", "act", "text", "id of the location bytes come from"),
    ("note_hash", "act", "hash", "SHA-256 of a document kept elsewhere"),
    ("claims", "act", "claims", "[party, claim, value, grade]: what another party says; never an identity"),
    ("person_claims", "person", "claims", "the same, where it names a human"),
    ("custody", "act", "text", "what keeps the root of the customer's keys: file, hsm, kms, openbao, split"),
    ("count", "act", "number", "how many like acts this entry stands for"),
    ("until", "act", "time", "when what was done lapses or takes effect"),
    ("subject", "act", "text", "id of what an administrative act was about"),
    ("subject_hash", "act", "hash", "SHA-256 of the canonical document enrolled or changed"),
    ("position", "act", "position", "[log, index] of the entry an erasure or a veil is about"),
    ("prefix", "person", "text", "name prefix of a listing or a lease"),
    ("pages", "act", "texts", "ids of the first and the last page of a batch, in order of their ids"),
    ("shred", "act", "number", "generation of the customer's shred key"),
    ("generation", "act", "number", "generation of the unseal shares"),
    (
        "done_at",
        "act",
        "time",
        "when it was done, where the house was sealed then and wrote no entry",
    ),
    ("lost", "act", "spans", "[log, first, end] of entries whose openings were lost with a machine"),
    ("kept", "act", "spans", "[log, first, end] of entries a log that follows begins with"),
    ("organisations", "act", "texts", "whose shares opened the house, by the names on the shares"),
    ("versioning", "act", "text", "the bucket's versioning when the act was done: off, enabled, suspended"),
    ("entry_class", "act", "text", "class of entries: machine, exceptional, administration"),
    ("days", "act", "number", "for how many days entries of that class were kept"),
    ("ranges", "act", "ranges", "indexes of the sub-log `subject` whose openings were destroyed"),
)
FIELDS: Mapping[str, Field] = {
    name: Field(name=name, field_class=FieldClass(cls), form=form, says=says)
    for name, cls, form, says in _ROWS
}

MANDATORY = ("act", "actor", "actor_kind", "at", "house", "phase")

_KEY = ("customer", "key")
_STANDING = ("standing_seq", "standing_root")
_MACHINE = (
    ("key.wrap", _KEY),
    ("key.unwrap", _KEY),
    ("key.rewrap", _KEY),
    ("key.sign", _KEY),
    ("key.verify", _KEY),
    ("object.put", ("customer", "bucket", "key")),
    ("object.get", ("customer", "bucket", "key")),
    ("object.copy", ("customer", "bucket", "key")),
    ("object.delete", ("customer", "bucket")),
    ("object.mark", ("customer", "bucket")),
    ("object.state", ("customer", "bucket", "subject")),
    ("object.lease", ("customer", "bucket", "key", "count", "until")),
    ("upload.open", ("customer", "bucket", "key")),
    ("upload.part", ("customer", "bucket", "key")),
    ("upload.abort", ("customer", "bucket")),
    ("bucket.create", ("customer", "bucket")),
    ("bucket.delete", ("customer", "bucket")),
    ("bucket.change", ("customer", "bucket")),
    ("bucket.list", ("customer",)),
    ("denial", ("customer", "count")),
    ("blob.collect", ("customer", "count")),
    ("adoption.clear", ("customer", "subject", "bucket", "object_version")),
    ("adoption.return", ("customer", "subject", "bucket", "object_version")),
    ("bucket.scrub", ("customer", "bucket")),
    ("bucket.inventory", ("customer", "bucket", "subject", "reason", "count")),
    ("replica.copy", ("customer", "bucket", "location", "count")),
    ("replica.damage", ("customer", "bucket", "location", "reason", "count")),
    ("replica.release", ("customer", "bucket", "location", "count")),
    ("replica.scrub", ("customer", "bucket", "count")),
    ("rewrap", ("customer", "key", "count", "pages")),
    ("rekey", ("customer", "key", "count", "pages")),
    ("event.lost", ("customer", "subject", "count")),
    ("connection.check", ("customer", "connection")),
)
_EXCEPTIONAL = (
    ("key.create", (*_KEY, *_STANDING)),
    ("key.rotate", (*_KEY, "key_version", *_STANDING)),
    ("key.import", (*_KEY, "key_version", *_STANDING)),
    ("key.import-begin", (*_KEY, *_STANDING)),
    ("key.minimum", (*_KEY, "key_version", *_STANDING)),
    ("key.disable", (*_KEY, *_STANDING)),
    ("key.enable", (*_KEY, *_STANDING)),
    ("key.schedule-destruction", (*_KEY, "until", *_STANDING)),
    ("key.cancel-destruction", (*_KEY, *_STANDING)),
    ("key.destroy", (*_KEY, *_STANDING)),
    ("lockbox.*", ("customer", "case", "move")),
    ("preservation.*", ("customer", "case", "move")),
    ("grant.use", ("customer", "grant", "key")),
    ("grant.return", ("customer", "grant")),
    ("grant.lapse", ("customer", "grant")),
    ("break-glass.use", ("customer", "reason", "key")),
    ("house.unseal", ()),
    ("house.seal", ()),
    ("house.start", ()),
    ("house.backup", ("subject", "count", "generation")),
    ("house.drill", ("subject", "count")),
    ("house.gap", ("customer", "subject", "subject_hash", "count", "kept", *_STANDING)),
    ("house.turn", ("customer", "subject", "subject_hash", "count", *_STANDING)),
    ("house.prune", ("customer", "subject", "subject_hash", "count", *_STANDING)),
    ("house.lost", ("customer", "subject", "count", "lost")),
    ("share.give", ("subject", "generation", "count")),
    ("share.refuse", ("subject", "generation", "reason")),
    ("share.cancel", ("subject", "generation")),
    ("share.lapse", ("subject", "generation")),
    ("share.change", ("subject", "generation")),
    ("holder.use", ("subject", "count")),
    ("holder.gone", ("subject", "reason")),
    ("holder.back", ("subject",)),
    ("holder.move", ("subject", "reason", "subject_hash", *_STANDING)),
    ("log.holder", ("subject", "reason")),
    ("kill", ("subject", *_STANDING)),
    ("lift", ("subject", *_STANDING)),
    ("enrol.organisation", ("subject", "subject_hash", *_STANDING)),
    ("enrol.person", ("subject", "subject_hash", *_STANDING)),
    ("enrol.keyroom", ("subject", "subject_hash", *_STANDING)),
    ("enrol.application", ("subject", "subject_hash", *_STANDING)),
    ("enrol.vetting", ("subject", "subject_hash", *_STANDING)),
    ("enrol.credential", ("subject", "subject_hash", *_STANDING)),
    ("revoke.credential", ("subject", *_STANDING)),
    ("revoke.session", ("subject",)),
    ("change.policy", ("subject", "subject_hash", *_STANDING)),
    ("change.boundary", ("subject", "subject_hash", *_STANDING)),
    ("connection.set", ("customer", "connection", "subject_hash", *_STANDING)),
    ("connection.on", ("customer", "connection", "subject_hash", *_STANDING)),
    ("connection.off", ("customer", "connection", "subject_hash", *_STANDING)),
    ("connection.end", ("customer", "connection", "subject_hash", *_STANDING)),
    ("change.role", ("subject", "subject_hash", *_STANDING)),
    ("change.location", ("subject", "subject_hash", *_STANDING)),
    ("house.strays", ("customer", "location", "count", "bytes", "subject_hash", *_STANDING)),
    ("house.store-mark", ("location", "count", "reason", *_STANDING)),
    ("change.issuer", ("subject", "subject_hash", *_STANDING)),
    ("change.cover", ("subject", "subject_hash", *_STANDING)),
    ("leave.person", ("subject", *_STANDING)),
    ("change.issuer-keys", ("subject", "subject_hash", *_STANDING)),
    ("clock.jump", ("subject", "until", *_STANDING)),
    ("clock.confirm", ("subject", "until", *_STANDING)),
    ("customer.create", ("customer", "subject_hash", *_STANDING)),
    ("erasure", ("customer", "case", "position", *_STANDING)),
    ("adoption.begin", ("customer", "subject", "bucket", "location", *_STANDING)),
    ("adoption.move", ("customer", "subject", "bucket", "location", "reason", *_STANDING)),
    ("export.begin", ("customer", "subject", "subject_hash", "location", "until", *_STANDING)),
    ("export.take", ("customer", "subject", "subject_hash", "bucket", "key", "count", "bytes")),
    ("export.end", ("customer", "subject", *_STANDING)),
    ("shred.turn", ("customer", "shred", *_STANDING)),
    ("shred.drop", ("customer", "shred", *_STANDING)),
    ("log.open", ("customer", "subject", *_STANDING)),
    ("change.limits", ("customer", "subject", "subject_hash", *_STANDING)),
    ("change.webhook", ("customer", "subject", "subject_hash", *_STANDING)),
    ("change.retention", ("customer", "subject", "subject_hash", *_STANDING)),
    ("hold.place", ("customer", "subject", "subject_hash", *_STANDING)),
    ("hold.end", ("customer", "subject", "subject_hash", *_STANDING)),
    ("retention.destroy", ("customer", "subject", "entry_class", "days", "ranges", "count", "until")),
    ("veil", ("customer",)),
    ("sign-in", ()),
)
ACTS: Mapping[str, ActCode] = {
    **{code: ActCode(code=code, sub_log=SubLog.MACHINE, mandatory=more) for code, more in _MACHINE},
    **{code: ActCode(code=code, sub_log=SubLog.EXCEPTIONAL, mandatory=more) for code, more in _EXCEPTIONAL},
}

_CHECKS = {field.name: FORMS[field.form] for field in FIELDS.values()}
_PERSON = frozenset(field.name for field in FIELDS.values() if field.field_class is FieldClass.PERSON)
_MOVE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_RAISES = frozenset({"grant", "case"})


def is_person(name: str) -> bool:
    """Whether this field can be erased."""
    return name in _PERSON


def act_code(code: str) -> ActCode | None:
    """The act's row; a family row for `lockbox.approve` and the like; None when unknown."""
    row = ACTS.get(code)
    if row is not None:
        return None if code.endswith(".*") else row
    noun, dot, move = code.partition(".")
    return ACTS.get(f"{noun}.*") if dot and _MOVE.fullmatch(move) else None


def sub_log(fields: Mapping[str, Plain]) -> SubLog:
    """Where an entry with these fields belongs (`unknown-act`)."""
    row = act_code(str(fields.get("act", "")))
    if row is None:
        raise malformed("unknown-act")
    return SubLog.EXCEPTIONAL if _RAISES & fields.keys() else row.sub_log


def check_fields(fields: Mapping[str, Plain], person: Mapping[str, Plain]) -> None:
    """Refuse what the tables do not know.

    Codes: `unknown-field`, `bad-field` (its value has another form, or its class is the other one),
    `unknown-act`, `missing-field`.
    """
    _check_forms(fields, person)
    for name in MANDATORY:
        if name not in fields:
            raise malformed("missing-field", field=name)
    row = act_code(fields["act"])  # type: ignore[arg-type]  # its form was checked above
    if row is None:
        raise malformed("unknown-act", act=str(fields["act"]))
    for name in _needs(row, fields):
        if name not in fields:
            raise malformed("missing-field", field=name)


def check_form(name: str, value: Plain, *, is_person: bool) -> None:
    """Refuse one field: `unknown-field`, `bad-field` (another form, or the other class)."""
    check = _CHECKS.get(name)
    if check is None:
        raise malformed("unknown-field", field=name)
    if (name in _PERSON) is not is_person or not check(value):
        raise malformed("bad-field", field=name)


def _needs(row: ActCode, fields: Mapping[str, Plain]) -> tuple[str, ...]:
    if fields["phase"] == "outcome":
        return ("outcomes",) if "outcomes" in fields else ("admission", "outcome")
    return ("reason",) if fields.get("decision") == "deny" else row.mandatory


def _check_forms(fields: Mapping[str, Plain], person: Mapping[str, Plain]) -> None:
    for name, value in fields.items():
        check_form(name, value, is_person=False)
    for name, value in person.items():
        check_form(name, value, is_person=True)
