"""OpenTelemetry logs as OTLP/JSON: one `ExportLogsServiceRequest` for a page of entries (OTLP 1).

Integers of 64 bits are decimal strings, as the JSON encoding of protocol buffers has them.
"""

from collections.abc import Sequence

import msgspec

from .events import PRODUCT, Event, Weight, reference, seconds, sentence, weight

# The log data model's ranges: INFO is 9, INFO2 is 10, WARN is 13, ERROR is 17.
_SEVERITIES = {
    Weight.INFORMATIONAL: (9, "INFO"),
    Weight.LOW: (10, "INFO2"),
    Weight.MEDIUM: (13, "WARN"),
    Weight.HIGH: (17, "ERROR"),
}
_NS = 1_000_000_000


def rendered(events: Sequence[Event]) -> bytes:
    """The request's body; `application/json`."""
    records = [_record(event) for event in events]
    scope = {"scope": {"name": PRODUCT}, "logRecords": records}
    resource = {"attributes": [_pair("service.name", PRODUCT)]}
    return msgspec.json.encode({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]})


def _record(event: Event) -> dict[str, object]:
    number, text = _SEVERITIES[weight(event)]
    at = str(seconds(event) * _NS)
    attributes = [_pair("custodes.entry", reference(event)), _pair("custodes.index", event.index)]
    attributes += [_pair(f"custodes.{name}", value) for name, value in sorted(event.fields.items())]
    return {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "severityNumber": number,
        "severityText": text,
        "eventName": f"custodes.{event.act}",
        "body": {"stringValue": sentence(event)},
        "attributes": attributes,
    }


def _pair(key: str, value: object) -> dict[str, object]:
    return {"key": key, "value": _any(value)}


def _any(value: object) -> dict[str, object]:
    """`AnyValue`: a whole number as `intValue`, a list as `arrayValue`, everything else as text."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_any(one) for one in value]}}
    return {"stringValue": str(value)}
