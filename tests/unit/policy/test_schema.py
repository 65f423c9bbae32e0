import json

import cedarpy
import pytest

from custodes.policy.actions import ACTIONS
from custodes.policy.question import RESOURCE_KINDS
from custodes.policy.schema import entities, entities_json, request, resource_type, schema, schema_text
from fakes.questions import APPLICATION, CASE, ENGINEER, GRANT, OBJECT, OFFICER, question


def test_the_schema_knows_every_action_and_resource():
    text = schema_text()
    for name in ACTIONS:
        assert f'action "{name}"' in text
    for kind in RESOURCE_KINDS:
        assert f"entity {resource_type(kind)} " in text
    assert schema() is schema()


@pytest.mark.parametrize(
    "asked",
    [
        question(),
        question(ENGINEER, grant=GRANT, purpose="support"),
        question(OFFICER, "lockbox:approve", CASE, place=None),
        question(APPLICATION, "object:write", OBJECT),
    ],
)
def test_a_question_fits_the_schema(asked):
    about = cedarpy.Entities.from_json_str(entities_json(asked), schema())
    answer = cedarpy.is_authorized(
        request(asked), "permit(principal, action, resource);", about, schema=schema()
    )
    assert answer.allowed
    assert answer.diagnostics.errors == []


def test_parsed_entities_are_those_of_the_text():
    asked = question()
    named = [(entity["uid"]["id"], entity["attrs"]) for entity in json.loads(entities_json(asked))]
    parsed = json.loads(str(entities(asked)))
    assert sorted(entity["uid"]["id"] for entity in parsed) == sorted(id_ for id_, _ in named)
    by_id = {entity["uid"]["id"]: entity["attrs"] for entity in parsed}
    assert by_id["ver-1"]["bucket"] == "bkt-1"
    assert by_id["crd-app"]["how"] == "sigv4"


def test_time_is_left_out_where_nobody_reads_it():
    assert "minute" in json.loads(request(question())["context"])
    assert "minute" not in json.loads(request(question(), with_time=False)["context"])
