from datetime import timedelta

import pytest

from custodes.desks.asking import new_document
from custodes.desks.grant import ObjectVersion, WholeKey
from fakes.lockbox_world import ANNA, EMIL, START, an_id, ask_form, begin


def test_objects_and_keys_become_ids_in_one_order():
    play = begin()
    key, bucket, version = an_id("key", "k"), an_id("bkt", "b"), an_id("ver", "v")
    one = new_document(play.step(EMIL.actor, ask_form(resources=(f"{bucket}/{version}", key))))
    other = new_document(play.step(EMIL.actor, ask_form(resources=(key, f"{bucket}/{version}", key))))
    assert one == other
    assert set(one.resources) == {WholeKey(key=key), ObjectVersion(bucket=bucket, version=version)}


def test_fractions_of_a_second_do_not_enter_the_document():
    play = begin()
    play.now = START + timedelta(microseconds=7)
    assert new_document(play.step(EMIL.actor, ask_form())).asked_at == START


def test_a_beginning_in_the_past_is_now():
    form = ask_form(not_before="2026-11-21T08:00:00Z")
    assert new_document(begin().step(EMIL.actor, form)).not_before == START


def test_the_beneficiary_is_the_one_looked_up_or_nobody():
    play = begin(facts={"beneficiary": ANNA.who})
    with pytest.raises(ValueError, match="looked up"):
        new_document(play.step(EMIL.actor, ask_form()))
