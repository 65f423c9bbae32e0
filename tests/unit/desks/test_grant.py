from datetime import timedelta

import msgspec
import pytest

from custodes.desks.grant import (
    ADMITS_CODES,
    Admission,
    FileSignature,
    ObjectVersion,
    Use,
    Verdict,
    WholeKey,
    admits,
    approval_digest,
    continues,
    decode,
    encode,
    grant_hash,
    verify,
)
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from fakes.lockbox_world import ANNA, BERTA, BRUNO, EMIL_AT_TOWN, EVA, START, an_id, begin, signed, the_rules

RULES = the_rules()
LATE = START + timedelta(hours=10)
LETTER = ObjectVersion(bucket=an_id("bkt", "files"), version=an_id("ver", "letter"))


def document(**changes):
    play = begin()
    play.ask(**changes)
    return play.case.body.document


def changed(value, **changes):
    return msgspec.structs.replace(value, **changes)


def use(**changes):
    values = {
        "credential": EVA.credential,
        "action": "object:read",
        "resource": LETTER,
        "at": START + timedelta(hours=2, minutes=30),
        "uses_spent": 0,
        "bytes_spent": 0,
        "bytes_asked": 10,
    }
    return Use(**{**values, **changes})


def verdict():
    return Verdict(begins_at=START + timedelta(hours=2), ends_at=START + timedelta(hours=3))


def test_the_spelling_is_canonical_and_comes_back():
    for doc in (document(), document(resources=(an_id("key", "k"), an_id("key", "j")))):
        raw = encode(doc)
        assert canonical.encode(canonical.decode(raw)) == raw
        assert decode(raw) == doc


def test_every_field_moves_the_hash():
    doc = document(hours=2)
    doc = changed(doc, lapses_at=doc.lapses_at - timedelta(hours=2))
    others = {
        "desk": "break-glass",
        "house": an_id("hse", "other"),
        "grant": an_id("grt", "other"),
        "case": an_id("cas", "other"),
        "customer": an_id("cus", "other"),
        "asker": ANNA.who,
        "beneficiary": ANNA.who,
        "resources": (WholeKey(key=an_id("key", "other")),),
        "actions": ("key:use-unwrap",),
        "purpose": "incident",
        "reason": "other",
        "ticket": "other",
        "asked_at": doc.asked_at - timedelta(seconds=1),
        "not_before": doc.not_before + timedelta(seconds=1),
        "window_s": 3600,
        "lapses_at": doc.lapses_at - timedelta(seconds=1),
        "uses_max": 2,
        "bytes_max": 2,
        "policy_hash": b"\x12" * 32,
        "origins": ("other",),
        "nonce": b"\x12" * 16,
    }
    assert {*others, "v"} == set(doc.__struct_fields__)
    hashes = {grant_hash(changed(doc, **{name: value})) for name, value in others.items()}
    assert len(hashes | {grant_hash(doc)}) == len(others) + 1


def test_every_field_of_an_approval_moves_what_is_signed():
    approval = signed(document(), ANNA, START)
    others = {
        "grant_hash": b"\x00" * 32,
        "person": BERTA.person,
        "organisation": an_id("org", "other"),
        "credential": BERTA.credential,
        "key_hash": b"\x00" * 32,
        "approved_at": START + timedelta(seconds=1),
    }
    assert {*others, "signature"} == set(approval.__struct_fields__)
    digests = {approval_digest(changed(approval, **{name: value})) for name, value in others.items()}
    assert len(digests | {approval_digest(approval)}) == len(others) + 1


@pytest.mark.parametrize(
    "mend",
    [
        lambda raw: raw + b" ",
        lambda raw: raw.replace(b"2026-11-22T08:00:00Z", b"2026-11-22T08:00:00+00:00"),
        lambda raw: raw.replace(b"2026-11-22T08:00:00Z", b"2026-11-22T08:00:00.000000Z"),
        lambda raw: raw.replace(b'"uses_max":1', b'"uses_max":101'),
        lambda raw: raw.replace(b'"uses_max":1', b'"uses_max":"1"'),
        lambda raw: raw.replace(b'"uses_max":1', b'"uses_max":1,"uses_min":1'),
        lambda raw: raw.replace(b'"window_s":3600', b'"window_s":28801'),
        lambda raw: raw.replace(b"grant/v1", b"grant/v2"),
        lambda raw: raw.replace(b'"kind":"object-version"', b'"kind":"object-name"'),
        lambda raw: raw.replace(b'"desk":"lockbox"', b'"desk":"order"'),
        lambda raw: raw.replace(b"2026-11-22T08:00:00Z", b"9999-12-31T23:59:59Z"),
        lambda raw: raw.replace(b"2026-11-26T09:00:00Z", b"0001-01-01T00:00:00Z"),
        lambda raw: raw.replace(b"T-4711", b"\\ud800"),
        lambda raw: raw[:-1],
        lambda raw: b"x" * 70_000,
    ],
)
def test_another_spelling_or_a_field_out_of_its_limits_is_refused(mend):
    raw = encode(document())
    mended = mend(raw)
    assert mended != raw
    with pytest.raises(Refusal) as caught:
        decode(mended)
    assert caught.value.code in {"bad-grant", "not-canonical"}


def test_resources_and_actions_have_one_order():
    doc = document(resources=(an_id("key", "k"), an_id("key", "j"), an_id("key", "l"), an_id("key", "k")))
    assert len(doc.resources) == 3
    with pytest.raises(ValueError, match="resources"):
        changed(doc, resources=tuple(reversed(doc.resources)))
    with pytest.raises(ValueError, match="actions"):
        changed(doc, actions=("object:read", "object:list"))


def test_the_window_begins_when_the_quorum_is_met_and_a_late_approval_does_not_prolong():
    doc = document()
    two = [signed(doc, ANNA, START + timedelta(hours=1)), signed(doc, BERTA, START + timedelta(hours=2))]
    assert verify(doc, two, RULES, LATE) == verdict()
    three = [signed(doc, BRUNO, START + timedelta(hours=9)), *two]
    assert verify(doc, three, RULES, LATE) == verdict()


def test_no_window_outlives_the_document():
    doc = document(hours=8)
    last = doc.begins_by - timedelta(seconds=1)
    found = verify(doc, [signed(doc, ANNA, last), signed(doc, BERTA, last)], RULES, LATE + timedelta(days=9))
    assert found.ends_at <= doc.lapses_at
    too_late = signed(doc, BERTA, doc.begins_by)
    found = verify(doc, [signed(doc, ANNA, last), too_late], RULES, LATE + timedelta(days=9))
    assert found.reasons == ("approval-out-of-time",)


def test_what_does_not_count():
    doc, other = document(), document(ticket="T-1")
    anna = signed(doc, ANNA, START)
    for approvals, reason in (
        ([], "quorum-not-met"),
        ([anna], "quorum-not-met"),
        ([anna, anna], "quorum-not-met"),
        ([anna, signed(other, BERTA, START)], "other-document"),
        ([anna, changed(signed(other, BERTA, START), grant_hash=grant_hash(doc))], "bad-signature"),
        ([anna, signed(doc, BERTA, START - timedelta(seconds=1))], "approval-out-of-time"),
        ([anna, signed(doc, BERTA, LATE + timedelta(seconds=1))], "approval-out-of-time"),
        ([anna, signed(doc, EMIL_AT_TOWN, START)], "own-request"),
        ([anna, signed(doc, EVA, START)], "own-benefit"),
        (
            [anna, changed(signed(doc, BERTA, START), signature=FileSignature(signature=b"\x00" * 64))],
            "bad-signature",
        ),
        ([anna, changed(signed(doc, BERTA, START), person=BRUNO.person)], "bad-signature"),
    ):
        assert verify(doc, approvals, RULES, LATE).reasons == (reason,)


def test_a_use_within_everything_is_admitted():
    assert admits(document(), verdict(), use()) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"at": START + timedelta(hours=1, minutes=59)}, "grant-not-begun"),
        ({"at": START + timedelta(hours=3)}, "grant-lapsed"),
        ({"credential": ANNA.credential}, "other-credential"),
        ({"action": "object:list"}, "other-action"),
        ({"resource": changed(LETTER, version=an_id("ver", "newer"))}, "other-resource"),
        ({"resource": changed(LETTER, bucket=an_id("bkt", "other"))}, "other-resource"),
        ({"resource": WholeKey(key=an_id("key", "k"))}, "other-resource"),
        ({"uses_spent": 1}, "no-uses-left"),
        ({"bytes_spent": 999_991}, "no-bytes-left"),
        ({"bytes_asked": -1}, "no-bytes-left"),
    ],
)
def test_a_use_outside_is_not(changes, reason):
    assert reason in ADMITS_CODES
    assert admits(document(), verdict(), use(**changes)) == reason


def test_without_a_verdict_nothing_is_admitted():
    assert admits(document(), Verdict(reasons=("quorum-not-met",)), use()) == "grant-not-valid"
    assert admits(document(), Verdict(), use()) == "grant-not-valid"


def test_a_continued_admission_and_a_head_cost_no_use_but_never_outlive_the_grant():
    opened = START + timedelta(hours=2, minutes=50)
    admission = Admission(credential=EVA.credential, action="object:read", resource=LETTER, opened_at=opened)
    doc = document()
    for minutes, reason in ((0, None), (9, None), (10, "grant-lapsed"), (14, "grant-lapsed")):
        at = opened + timedelta(minutes=minutes)
        assert admits(doc, verdict(), use(at=at, uses_spent=1, continues=admission)) == reason
    long = Verdict(begins_at=START, ends_at=LATE)
    for minutes, is_same in ((14, True), (15, False), (-1, False)):
        late = use(at=opened + timedelta(minutes=minutes), uses_spent=1, continues=admission)
        assert continues(late) is is_same
        assert (admits(doc, long, late) is None) is is_same
    for other in ({"credential": ANNA.credential}, {"action": "object:list"}):
        assert not continues(use(at=opened, continues=changed(admission, **other)))
    assert admits(doc, verdict(), use(uses_spent=1, costs_none=True, bytes_asked=0)) is None
