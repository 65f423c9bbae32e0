"""DeleteObject and DeleteObjects."""

from custodes.acts.asks.objects import Deleted, DeletedOne, DeleteObject, DeleteObjects, Doomed
from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.s3 import answers, documents, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.documents import DeleteOutcome

from .exchange import Exchange
from .intake import whole


async def delete_object(x: Exchange) -> Answer:
    """DeleteObject; the same answer where there was nothing to delete."""
    done = await x.doors.ask(
        DeleteObject(
            evidence=x.evidence,
            bucket=x.bucket,
            name=x.key,
            version=x.call.version,
            conditions=requests.conditions(x.head),
        )
    )
    gone = answers.gone()
    return Answer(status=gone.status, headers=_said(done))


async def delete_objects(x: Exchange) -> Answer:
    """DeleteObjects."""
    body = await whole(x)
    asked = requests.deleting(body)
    done = await x.doors.ask(
        DeleteObjects(
            evidence=x.evidence,
            bucket=x.bucket,
            doomed=tuple(
                Doomed(name=one.key, version=one.version, conditions=one.conditions) for one in asked.doomed
            ),
            body=body,
        )
    )
    outcomes = [_outcome(one) for one in done.results]
    return answers.of_document(documents.deletions(outcomes, is_quiet=asked.is_quiet))


def _said(done: Deleted) -> tuple[tuple[bytes, bytes], ...]:
    headers: list[tuple[bytes, bytes]] = []
    if done.version_shown is not None:
        headers.append((b"x-amz-version-id", done.version_shown.encode("ascii")))
    if done.marker:
        headers.append((b"x-amz-delete-marker", b"true"))
    return tuple(headers)


def _outcome(one: DeletedOne) -> DeleteOutcome:
    if one.refusal is not None:
        code, kind = one.refusal
        return DeleteOutcome(key=one.name, version=one.version, refusal=Refusal(code, Kind(kind)))
    marker = one.deleted.version_shown if one.deleted is not None and one.deleted.marker else None
    return DeleteOutcome(key=one.name, version=one.version, marker=marker)
