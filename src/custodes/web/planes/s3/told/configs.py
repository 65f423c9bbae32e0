"""Sub-resources of a bucket and of a version: the operations are made from the table of kinds."""

from collections.abc import Awaitable, Callable, Mapping

from custodes.acts.asks.buckets.told import (
    DropRule,
    DropState,
    LookRule,
    LookState,
    PutRule,
    PutState,
    StateView,
)
from custodes.kernel.refusal import malformed
from custodes.protocols.s3 import answers
from custodes.protocols.s3.answers import XML, Answer
from custodes.protocols.s3.configs.kinds import KINDS
from custodes.web.planes.s3.exchange import Exchange
from custodes.web.planes.s3.intake import whole

Does = Callable[[Exchange], Awaitable[Answer | None]]
JSON = (b"content-type", b"application/json")


def table() -> Mapping[str, Does]:
    """Every operation of this file by name."""
    made: dict[str, Does] = {}
    for mark, kind in KINDS.items():
        made[kind.get] = _look_rule(mark)
        if kind.put:
            made[kind.put] = _put_rule(mark)
        if kind.delete:
            made[kind.delete] = _drop_rule(mark)
    for mark, name in (
        ("tagging", "Tagging"),
        ("retention", "Retention"),
        ("legal-hold", "LegalHold"),
        ("acl", "Acl"),
    ):
        made[f"GetObject{name}"] = _look_state(mark)
        made[f"PutObject{name}"] = _put_state(mark)
    return {**made, "DeleteObjectTagging": delete_tagging}


async def delete_tagging(x: Exchange) -> Answer:
    """DeleteObjectTagging."""
    done = await x.doors.ask(
        DropState(evidence=x.evidence, bucket=x.bucket, name=x.key, kind="tagging", version=x.call.version)
    )
    return Answer(status=204, headers=_version(done))


def _look_rule(kind: str) -> Does:
    async def look(x: Exchange) -> Answer:
        found = await x.doors.ask(LookRule(evidence=x.evidence, bucket=x.bucket, kind=kind))
        return Answer(status=200, headers=(JSON if kind == "policy" else XML,), body=found.body)

    return look


def _put_rule(kind: str) -> Does:
    async def put(x: Exchange) -> Answer:
        body = await whole(x)
        _demand_said(x, kind, body)
        await x.doors.ask(PutRule(evidence=x.evidence, bucket=x.bucket, kind=kind, body=body))
        return Answer(status=204) if kind in ("policy", "tagging") else answers.done()

    return put


def _drop_rule(kind: str) -> Does:
    async def drop(x: Exchange) -> Answer:
        await x.doors.ask(DropRule(evidence=x.evidence, bucket=x.bucket, kind=kind))
        return answers.gone()

    return drop


def _look_state(kind: str) -> Does:
    async def look(x: Exchange) -> Answer:
        found = await x.doors.ask(
            LookState(evidence=x.evidence, bucket=x.bucket, name=x.key, kind=kind, version=x.call.version)
        )
        return answers.of_document(found.body, _version(found))

    return look


def _put_state(kind: str) -> Does:
    async def put(x: Exchange) -> Answer:
        body = await whole(x)
        _demand_said(x, kind, body)
        done = await x.doors.ask(
            PutState(
                evidence=x.evidence,
                bucket=x.bucket,
                name=x.key,
                kind=kind,
                body=body,
                version=x.call.version,
            )
        )
        return Answer(status=200, headers=_version(done))

    return put


def _demand_said(x: Exchange, kind: str, body: bytes) -> None:
    """An ACL must be said, in the body or in a header: nothing is not taken for a wish (`acl-missing`)."""
    is_said = body or any(name.startswith((b"x-amz-acl", b"x-amz-grant-")) for name, _ in x.head.headers)
    if kind == "acl" and not is_said:
        raise malformed("acl-missing")


def _version(found: StateView) -> tuple[tuple[bytes, bytes], ...]:
    if found.version_shown is None:
        return ()
    return ((b"x-amz-version-id", found.version_shown.encode("ascii")),)
