"""The second reader over the vectors of grant.md, enrolment.md and signed-acts.md, sound and tampered."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest

from formats.second import people
from formats.second.spelling import No, b64, time, unb64, write
from formats.vectors import flipped, read_vectors

GRANT = read_vectors("grant", "grant")
ENROLMENT, ACTS = read_vectors("house", "enrolment"), read_vectors("house", "acts")


def refused(code, call, *given):
    with pytest.raises(No) as caught:
        call(*given)
    assert caught.value.args == (code,)


def test_a_grant_and_its_hash():
    text = GRANT["canonical"].encode()
    people.grant(text)
    assert b64(people.grant_hash(text)) == GRANT["grant_hash"]


@pytest.mark.parametrize("row", GRANT["refused"], ids=lambda row: row["fault"])
def test_what_is_no_grant(row):
    refused(row["code"], people.grant, row["text"].encode())


@pytest.mark.parametrize("row", GRANT["approvals"], ids=lambda row: row["approval"]["signature"]["kind"])
def test_an_approval(row):
    approval, party = row["approval"], GRANT["relying_party"]
    key = GRANT["keys"][approval["credential"]]
    assert people.approval_digest(approval) == unb64(row["digest"])
    assert people.is_approved(approval, key, party)
    for member in ("approved_at", "organisation", "person", "credential", "grant_hash"):
        assert not people.is_approved(approval | {member: approval[member][:-1]}, key, party)
    signature = approval["signature"]
    for bad in flipped(unb64(signature["signature"])):
        other = approval | {"signature": signature | {"signature": b64(bad)}}
        try:
            assert not people.is_approved(other, key, party)
        except ValueError:  # no longer DER
            assert signature["kind"] == "passkey"


def test_the_window_and_the_uses():
    document = people.grant(GRANT["canonical"].encode())
    signed = sorted(time(row["approval"]["approved_at"]) for row in GRANT["approvals"])
    begins = max(time(document["not_before"]), signed[-1])
    ends = min(begins + timedelta(seconds=document["window_s"]), time(document["lapses_at"]))
    told = GRANT["verdict"]
    assert (time(told["begins_at"]), time(told["ends_at"])) == (begins, ends)
    assert {None, "grant-not-begun", "grant-lapsed", "no-uses-left"} <= {u["answer"] for u in GRANT["uses"]}
    for use in GRANT["uses"]:
        assert people.admits(document, begins, ends, use) == use["answer"]


def test_an_enrolment_leads_back_to_the_organisations_own_key():
    house = ENROLMENT["house"]
    town = people.enrolment(ENROLMENT["organisation"]["document"].encode(), house)["organisation"]
    root = unb64(town["root_key"], 32)
    assert holds(root, ENROLMENT["organisation"])
    officer = people.enrolment(ENROLMENT["by_root"]["document"].encode(), house)
    assert (officer["signer"], holds(root, ENROLMENT["by_root"])) == ("root", True)
    clerk = people.enrolment(ENROLMENT["by_officer"]["document"].encode(), house)
    assert clerk["signer"] == officer["credential"]["id"]
    officers_key = unb64(officer["credential"]["public"], 32)
    assert holds(officers_key, ENROLMENT["by_officer"])
    for bad in ENROLMENT["not_signed"].values():
        assert not holds(root, bad)
        assert not holds(officers_key, bad)


def holds(public, case):
    digest = sha256(case["document"].encode()).digest()
    return people.signed_by_file_key(public, digest, unb64(case["signature"]))


def test_what_is_no_enrolment():
    house = ENROLMENT["house"]
    body = json.loads(ENROLMENT["by_root"]["document"])
    new = body["credential"]
    for bad in (
        body | {"more": 1},
        body | {"v": "custodes/enrol-credential/v2"},
        body | {"credential": new | {"application": "app-1"}},
        body | {"credential": new | {"secret": "x"}},
        body | {"credential": new | {"state": "revoked"}},
        body | {"credential": {name: one for name, one in new.items() if name != "label"}},
        [],
    ):
        refused("bad-document", people.enrolment, write(bad), house)
    refused("wrong-house", people.enrolment, write(body), "hse-" + "2" * 26)
    refused("bad-document", people.enrolment, write(body).replace(b",", b", ", 1), house)


@pytest.mark.parametrize("name", sorted(ACTS["documents"]))
def test_a_signed_act(name):
    case, public = ACTS["documents"][name], unb64(ACTS["public"], 32)
    body = people.act(case["document"].encode())
    assert sha256(case["document"].encode()).hexdigest() == case["sha256"]
    assert holds(public, case)
    for member in body:
        other = write(body | {member: 7 if member != "generation" else 8})
        changed = {"document": other.decode(), "signature": case["signature"]}
        assert not holds(public, changed), member
    refused("bad-document", people.act, write(body | {"more": 1}))
    refused("bad-document", people.act, write({n: o for n, o in body.items() if n != "house"}))
