import json

import msgspec
import pytest

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import certificate, entry, merkle, veil, vocabulary
from fakes import SeededDice
from fakes.ledger import SmallHouse, act, certificate_of, seed

NAME = "cus-1/exceptional"


def story(acts):
    """One epoch before, one after each act, one at the end; a veil first and last."""
    house = SmallHouse()
    openings = []

    def log(leaf, opening):
        house.append(NAME, leaf)
        openings.append(opening)
        house.epoch()

    daily = veil.make("cus-1", "2026-11-21", [], SeededDice(70))
    log(daily.leaf, None)
    for number, fields in enumerate(acts):
        made = entry.draft(fields, {"person": "P-17"}, SeededDice(number))
        log(made.leaf, made.opening)
    daily = veil.make("cus-1", "2026-11-22", [], SeededDice(71))
    log(daily.leaf, None)
    house.epoch()
    return house, openings


OTHERS = [
    act(1, act="object.get", bucket="bkt-1", key="key-2", grant="grt-1"),
    {**act(2, act="lockbox.approve", case="cas-1", move="approve"), "key": "key-3"},
    {key: value for key, value in act(3, act="grant.lapse", grant="grt-1").items() if key != "key"},
    {
        key: value
        for key, value in act(4, act="object.get", decision="deny", reason="no-grant", case="cas-1").items()
        if key != "key"
    },
]


def passed(checks):
    return {check.name: check.passed for check in checks}


def made_of(acts=OTHERS, key="key-1"):
    house, openings = story(acts)
    return house, certificate_of(house, NAME, key, (1, len(house.epochs)), openings)


def test_it_is_proven_and_says_what_it_does_not_cover():
    house, made = made_of()
    made = certificate.parse(made.encode())
    checks = certificate.verify(made, house.pins())
    assert certificate.is_proven(checks), passed(checks)
    assert "1 daily veils, of which this says nothing" in checks[-1].detail
    assert b"P-17" not in made.encode()
    assert b"archive" not in made.encode()  # only act, decision, key and phase are shown


def test_a_key_that_was_used_gets_none():
    house, openings = story(OTHERS)
    with pytest.raises(Refusal) as caught:
        certificate_of(house, NAME, "key-2", (1, len(house.epochs)), openings)
    assert (caught.value.code, caught.value.facts["index"]) == ("key-was-used", 1)


@pytest.mark.parametrize("code", ["key.destroy", "object.get"])
def test_a_use_that_names_no_key_stands_against_it(code):
    draft = entry.draft(act(1, act="key.unwrap", grant="grt-1"), {}, SeededDice())
    opened = entry.check(draft.leaf, entry.disclose(draft.opening, {"act", "phase"}))
    assert certificate._objection(opened, "key-1") == "does not show its act and key"
    silent = entry.Opened(fields={"act": code, "phase": "single"}, erased=(), closed=())
    assert certificate._objection(silent, "key-1") == "may use a key and names none"


def test_hiding_a_use_fails_every_way():
    house, made = made_of([act(1, act="object.get", bucket="bkt-1", key="key-2", grant="grt-1")])
    pins = house.pins()
    claim = msgspec.structs.replace(made, key="key-2")
    assert passed(certificate.verify(claim, pins))["silence"] is False
    # leave the leaf out
    less = msgspec.structs.replace(claim, leaves=made.leaves[1:])
    assert passed(certificate.verify(less, pins))["leaves"] is False
    # pretend it is a veil
    veiled = certificate.CertifiedLeaf(leaf=b"\x03" + made.leaves[0].leaf[1:], opening=None)
    swapped = msgspec.structs.replace(claim, leaves=(veiled, *made.leaves[1:]))
    assert passed(certificate.verify(swapped, pins))["leaves"] is False
    # do not open it
    shut = certificate.CertifiedLeaf(leaf=made.leaves[0].leaf, opening=None)
    checks = certificate.verify(msgspec.structs.replace(claim, leaves=(shut, *made.leaves[1:])), pins)
    assert passed(checks)["silence"] is False
    # open it without its key
    house, openings = story([act(1, act="object.get", bucket="bkt-1", key="key-2", grant="grt-1")])
    partial = msgspec.json.decode(entry.disclose(openings[1], {"act"}), type=certificate.Opening)
    bare = certificate.CertifiedLeaf(leaf=made.leaves[0].leaf, opening=partial)
    checks = certificate.verify(msgspec.structs.replace(claim, leaves=(bare, *made.leaves[1:])), pins)
    assert passed(checks)["silence"] is False
    # leave an epoch out
    gap = msgspec.structs.replace(made, links=(made.links[0], *made.links[2:]))
    assert passed(certificate.verify(gap, pins))["chain"] is False
    none = msgspec.structs.replace(made, links=())
    assert passed(certificate.verify(none, pins))["chain"] is False


def test_another_slot_is_an_empty_log():
    house, made = made_of()
    pins = house.pins(known=False)
    assert not certificate.is_proven(certificate.verify(made, pins))
    wrong = msgspec.structs.replace(house.pins(), slots={NAME: 3})
    assert passed(certificate.verify(made, wrong))["first slot"] is False


def test_every_changed_value_is_caught():
    house, made = made_of(OTHERS[:1])
    pins = house.pins()
    raw = made.encode()
    whole = json.loads(raw)
    spots = 0

    def walk(node):
        nonlocal spots
        for at in list(node) if isinstance(node, dict) else range(len(node)):
            value = node[at]
            if isinstance(value, (dict, list)):
                walk(value)
                continue
            if isinstance(value, int):
                node[at] = value + 1
            elif isinstance(value, str) and value:
                letter = "B" if value[len(value) // 2] == "A" else "A"
                node[at] = value[: len(value) // 2] + letter + value[len(value) // 2 + 1 :]
            else:
                continue
            spots += 1
            try:
                bad = certificate.parse(canonical.encode(whole))
                proven = certificate.is_proven(certificate.verify(bad, pins))
                # the claim for a key nobody named is another true claim
                assert not proven or bad.key != made.key
            except Refusal:
                pass
            node[at] = value

    walk(whole)
    assert canonical.encode(whole) == raw
    assert spots > 50


def test_a_stack_that_is_not_the_first_head():
    house, made = made_of()
    for stack in ((), (seed("x"),), (*made.stack, seed("x"))):
        bad = msgspec.structs.replace(made, stack=stack)
        assert passed(certificate.verify(bad, house.pins()))["leaves"] is False
    assert merkle.CompactRange.decode(1, b"".join(made.stack)).root() == made.first.root


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]"])
def test_another_form_is_refused(raw):
    with pytest.raises(Refusal) as caught:
        certificate.parse(raw)
    assert caught.value.code == "bad-certificate"


def test_every_act_of_the_vocabulary_names_its_key_or_is_known_to_use_none():
    """Else one `leave.person` in a period would make every certificate of it impossible."""
    for row in vocabulary.ACTS.values():
        keyless = (
            row.code in certificate.KEYLESS_ACTS or row.code.partition(".")[0] in certificate.KEYLESS_NOUNS
        )
        if row.code == "preservation.*":
            continue  # may have used any key of his: a period that holds one gets no certificate
        if row.sub_log is vocabulary.SubLog.EXCEPTIONAL:
            assert keyless is not ("key" in row.mandatory), row.code
