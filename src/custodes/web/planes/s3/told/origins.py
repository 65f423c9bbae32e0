"""Browsers of other origins: the preflight, and what an answer to such a page says.

A preflight carries no evidence: what is answered follows from the bucket's rules alone, and a bucket without
rules is answered like one that is not there.
"""

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.told import LookCors
from custodes.kernel.refusal import Refusal, denied, malformed
from custodes.objects.rules.cors import METHODS
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.configs.cors import cors_headers
from custodes.protocols.s3.messages import Head, Pairs
from custodes.protocols.s3.operations import bucket_of

TEXT_BYTES_MAX = 4_096


async def preflight(doors: Doors, head: Head, domains: tuple[str, ...]) -> Answer:
    """OPTIONS (`preflight-incomplete`, malformed; `cors-forbidden`, denied)."""
    origin, method = _text(head, b"origin"), _text(head, b"access-control-request-method")
    bucket = bucket_of(head, domains)
    if not origin or method not in METHODS:
        raise malformed("preflight-incomplete")
    headers = _wanted(head)
    found = None
    if bucket is not None:
        found = (await doors.ask(LookCors(bucket, origin, method, headers))).allowed
    if found is None:
        raise denied("cors-forbidden")
    return Answer(status=200, headers=cors_headers(found, is_preflight=True))


async def spoken_to(doors: Doors, head: Head, domains: tuple[str, ...]) -> Pairs:
    """Headers that let a page of another origin read this answer; none where no rule lets it."""
    origin = _text(head, b"origin")
    if not origin:
        return ()
    try:
        bucket = bucket_of(head, domains)
        announced = _text(head, b"access-control-request-method")
        look = LookCors(bucket or "", origin, head.method)
        if announced in METHODS:  # no browser announces here; others ask what a page would be told
            look = LookCors(bucket or "", origin, announced, _wanted(head))
        found = (await doors.ask(look)).allowed if bucket else None
    except Refusal:  # the answer itself says what is wrong
        return ()
    return cors_headers(found, is_preflight=False) if found is not None else ()


def _wanted(head: Head) -> tuple[str, ...]:
    wanted = _text(head, b"access-control-request-headers")
    return tuple(name.strip() for name in wanted.split(",") if name.strip())


def _text(head: Head, name: bytes) -> str:
    raw = head.value(name) or b""
    return raw.decode("latin-1") if len(raw) <= TEXT_BYTES_MAX else ""
