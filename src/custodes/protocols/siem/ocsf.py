"""OCSF (Open Cybersecurity Schema Framework) 1.3.0: every entry is an event of class API Activity (6003).

Required there: activity, category, class, type, severity, time, metadata with product and version, actor with
one of its names, api.operation, src_endpoint with one of its names. What has no attribute of its own goes,
under the entry's names, into `unmapped`.
"""

import msgspec

from .events import (
    PRODUCT,
    VENDOR,
    Activity,
    Event,
    activity,
    is_denied,
    reference,
    seconds,
    sentence,
    weight,
)

VERSION = "1.3.0"
CATEGORY, CLASS = 6, 6003
_RESOURCES = (("key", "key"), ("bucket", "bucket"), ("object_version", "object version"), ("grant", "grant"))
_MAPPED = frozenset(
    {"act", "at", "actor", "actor_kind", "customer", "house", "organisation", "decision", "reason"}
    | {name for name, _ in _RESOURCES}
)


def rendered(event: Event) -> bytes:
    """One JSON object, without a line's end."""
    said, done = event.fields, activity(event)
    customer, _, kind = event.log.rpartition("/")
    status = "Failure" if is_denied(event) else "Success"
    body: dict[str, object] = {
        "activity_id": int(done),
        "activity_name": event.act if done is Activity.OTHER else done.name.title(),
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "type_uid": CLASS * 100 + done,
        "type_name": f"API Activity: {'Other' if done is Activity.OTHER else done.name.title()}",
        "severity_id": int(weight(event)),
        "severity": weight(event).name.title(),
        "status_id": 2 if is_denied(event) else 1,
        "status": status,
        "time": seconds(event) * 1_000,
        "message": sentence(event),
        "metadata": {
            "version": VERSION,
            "product": {"name": PRODUCT, "vendor_name": VENDOR},
            "uid": reference(event),
            "log_name": kind,
            "sequence": event.index,
            "tenant_uid": customer,
            "event_code": event.act,
        },
        "actor": _actor(event),
        "api": {"operation": event.act, "service": {"name": PRODUCT}},
        "src_endpoint": {"svc_name": PRODUCT, "uid": str(said.get("house", "")) or PRODUCT},
        "resources": [
            {"type": type_, "uid": str(said[name])} for name, type_ in _RESOURCES if said.get(name)
        ],
        "unmapped": {name: value for name, value in sorted(said.items()) if name not in _MAPPED},
    }
    if said.get("reason"):
        body["status_code"] = str(said["reason"])
    return msgspec.json.encode(body)


def _actor(event: Event) -> dict[str, object]:
    """A person's credential is a user, everything else an application."""
    said = event.fields
    name = str(said.get("actor") or said.get("actor_kind") or "unknown")
    organisation = {"org": {"uid": str(said["organisation"])}} if said.get("organisation") else {}
    if said.get("actor_kind") == "person":
        return {"user": {"uid": name, "type_id": 1, "type": "User", **organisation}}
    return {"app_uid": name, "app_name": str(said.get("actor_kind", "process"))}
