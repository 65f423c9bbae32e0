"""Every entry has what OCSF requires of class 6003, and nothing of it is lost."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.ledger.vocabulary import ACTS
from custodes.protocols.siem import ocsf

from .test_events import Entry

REQUIRED = {
    "activity_id": int,
    "category_uid": int,
    "class_uid": int,
    "type_uid": int,
    "severity_id": int,
    "time": int,
    "metadata": dict,
    "actor": dict,
    "api": dict,
    "src_endpoint": dict,
}


@pytest.mark.parametrize("act", ACTS)
def test_what_the_schema_requires(act):
    event = msgspec.json.decode(ocsf.rendered(Entry(act=act, fields={"actor": "crd_1"})))
    assert {name: type(event[name]) for name in REQUIRED} == REQUIRED
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert (event["category_uid"], event["class_uid"]) == (6, 6003)
    assert event["activity_id"] in {1, 2, 3, 4, 99}
    assert event["severity_id"] in {1, 2, 3, 4, 5, 6}
    assert event["metadata"]["version"] == "1.3.0"
    assert event["metadata"]["product"]["vendor_name"]
    assert event["api"]["operation"] == act
    assert event["src_endpoint"]["svc_name"]
    assert set(event["actor"]) & {"user", "app_name", "app_uid"}
    assert event["time"] == 1795334400_000


def test_it_names_its_entry():
    event = msgspec.json.decode(ocsf.rendered(Entry()))
    assert event["metadata"]["uid"] == "cus_1/machine:7"
    assert (event["metadata"]["log_name"], event["metadata"]["sequence"]) == ("machine", 7)
    assert event["metadata"]["tenant_uid"] == "cus_1"


def test_a_person_is_a_user_and_a_denial_a_failure():
    fields = {
        "actor": "crd_1",
        "actor_kind": "person",
        "organisation": "org_1",
        "decision": "deny",
        "reason": "x",
    }
    event = msgspec.json.decode(ocsf.rendered(Entry(fields=fields)))
    assert event["actor"]["user"]["uid"] == "crd_1"
    assert event["actor"]["user"]["org"] == {"uid": "org_1"}
    assert (event["status_id"], event["status"], event["status_code"]) == (2, "Failure", "x")


@given(st.dictionaries(st.sampled_from(("uses", "ticket", "prefix", "claims")), st.integers(0, 9)))
def test_what_has_no_attribute_is_kept_unmapped(fields):
    event = msgspec.json.decode(ocsf.rendered(Entry(fields=dict(fields))))
    assert event["unmapped"] == fields
