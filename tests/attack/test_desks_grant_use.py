"""Attacks on a grant that was given: minute 61, the second time, another object, another hand."""

from datetime import timedelta

import pytest

from custodes.desks.grant import Admission, ObjectVersion, Use, admits
from fakes.lockbox_world import EMIL, EVA, START, an_id, granted

LETTER = ObjectVersion(bucket=an_id("bkt", "files"), version=an_id("ver", "letter"))


def try_it(play, **changes):
    values = {
        "credential": EVA.credential,
        "action": "object:read",
        "resource": LETTER,
        "at": play.now,
        "uses_spent": 0,
        "bytes_spent": 0,
        "bytes_asked": 1,
    }
    use = Use(**{**values, **changes})
    return admits(play.document, play.verdict(use.at), use)


def test_at_minute_sixty_one_and_at_the_end_itself_it_is_over():
    play = granted()
    begins = play.case.body.begins_at
    assert begins == START + timedelta(minutes=20)
    assert try_it(play, at=begins + timedelta(minutes=59, seconds=59)) is None
    assert try_it(play, at=begins + timedelta(minutes=60)) == "grant-lapsed"
    assert try_it(play, at=begins + timedelta(minutes=61)) == "grant-lapsed"


def test_of_two_uses_with_one_left_one_wins():
    play = granted()
    spent = 0
    answers = []
    for _ in range(2):
        answers.append(try_it(play, uses_spent=spent))
        spent += answers[-1] is None
    assert answers == [None, "no-uses-left"]
    assert spent == 1


def test_the_engineer_who_asked_for_a_colleague_does_not_read_himself():
    assert try_it(granted(), credential=EMIL.credential) == "other-credential"


def test_a_newer_version_under_the_same_name_is_another_object():
    newer = ObjectVersion(bucket=LETTER.bucket, version=an_id("ver", "letter-2"))
    assert try_it(granted(), resource=newer) == "other-resource"


def test_an_old_admission_or_that_of_another_object_opens_nothing():
    play = granted()
    other = ObjectVersion(bucket=LETTER.bucket, version=an_id("ver", "other"))
    for admission in (
        Admission(credential=EVA.credential, action="object:read", resource=other, opened_at=play.now),
        Admission(credential=EMIL.credential, action="object:read", resource=LETTER, opened_at=play.now),
        Admission(
            credential=EVA.credential,
            action="object:read",
            resource=LETTER,
            opened_at=play.now - timedelta(minutes=15),
        ),
        Admission(
            credential=EVA.credential,
            action="object:read",
            resource=LETTER,
            opened_at=play.now + timedelta(seconds=1),
        ),
    ):
        assert try_it(play, uses_spent=1, continues=admission) == "no-uses-left"


@pytest.mark.parametrize("asked", [1_000_001, 2**63, -1])
def test_more_bytes_than_granted_are_refused(asked):
    assert try_it(granted(), bytes_asked=asked) == "no-bytes-left"


def test_bytes_already_beyond_the_limit_are_never_paid_back_by_a_negative_ask():
    assert try_it(granted(), bytes_spent=2_000_000, bytes_asked=-1_500_000) == "no-bytes-left"


def test_a_head_that_wants_bytes_is_no_head():
    assert try_it(granted(), uses_spent=1, costs_none=True, bytes_asked=0) is None
    assert try_it(granted(), uses_spent=1, costs_none=True, bytes_asked=1) == "no-uses-left"


@pytest.mark.parametrize("gone", ["anna", "berta"])
def test_a_grant_dies_with_the_key_of_an_approver(gone):
    play = granted()
    play.people = {"revoked": (gone,)}
    assert play.verdict().reasons == ("bad-signature",)
    assert try_it(play) == "grant-not-valid"


def test_a_clock_set_back_does_not_reopen_a_grant():
    play = granted()
    assert try_it(play, at=START + timedelta(minutes=15)) == "grant-not-valid"
    assert try_it(play, at=START - timedelta(days=1)) == "grant-not-valid"
