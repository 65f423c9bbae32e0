"""OpenTelemetry's own messages read what we write, field by field."""

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from custodes.protocols.siem import otlp

from .test_events import Entry


def parsed(*entries):
    request = json_format.Parse(otlp.rendered(entries), ExportLogsServiceRequest())
    (resource,) = request.resource_logs
    (scope,) = resource.scope_logs
    assert {one.key: one.value.string_value for one in resource.resource.attributes} == {
        "service.name": "custodes"
    }
    return scope.log_records


def test_a_page_is_one_request():
    records = parsed(Entry(index=1), Entry(index=2, act="kill"))
    assert [record.severity_number for record in records] == [9, 17]
    assert [record.time_unix_nano for record in records] == [1795334400_000000000] * 2
    assert records[1].event_name == "custodes.kill"
    assert records[1].body.string_value == "kill done"


def test_every_field_is_an_attribute_of_its_own_kind():
    fields = {"uses": 3, "reason": "no-grant", "policies": ["p1", "p2"], "position": ["cus_1/machine", 5]}
    (record,) = parsed(Entry(fields=fields))
    said = {one.key: one.value for one in record.attributes}
    assert said["custodes.entry"].string_value == "cus_1/machine:7"
    assert said["custodes.index"].int_value == 7
    assert said["custodes.uses"].int_value == 3
    assert said["custodes.reason"].string_value == "no-grant"
    assert [one.string_value for one in said["custodes.policies"].array_value.values] == ["p1", "p2"]
    assert said["custodes.position"].array_value.values[1].int_value == 5


def test_no_entries_are_an_empty_request():
    assert len(parsed()) == 0
