"""Frames on the keyroom's socket: four length bytes (big-endian), then MessagePack.

A frame carries some asks as `[[number, ask], ...]`, or answers. The first frame of
a connection is the greeting, which must match. Refusals travel as `Refused`; an unknown error as `broken`
without text. What the keyroom says unasked (`Changed`) bears the number 0.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import msgspec

from custodes.kernel.limits import ASK_BYTES_MAX
from custodes.kernel.refusal import Fact, Kind, Refusal, malformed

from . import cases, exports, house, identity, keys, log, objects, parties, rules, unsealing, upkeep, uploads
from .buckets import adopting, bounds, care, inventory, leftovers, marks, stores, told, webhooks
from .clouds import connections, dke, xks
from .preserving import cases as preserving
from .running import counts, findings, metering, roots, turning
from .transit import imports
from .transit import keys as transit_keys
from .transit import uses as transit_uses

GREETING = b"custodes/asks/v1\n"
FRAME_BYTES_MAX = 16 * ASK_BYTES_MAX
LENGTH_BYTES = 4
UNASKED = 0  # the number of what answers no ask; asks begin with 1


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A Refusal on its way back."""

    code: str
    kind: str
    facts: dict[str, Fact]


class Changed(msgspec.Struct, frozen=True, tag="changed"):
    """Said by the keyroom unasked, under `UNASKED`: something changed that a use on its way may rest on."""


_OF_CLOUDS = (connections, dke, xks)
ROOMS = (
    house,
    keys,
    log,
    objects,
    uploads,
    told,
    bounds,
    care,
    stores,
    marks,
    webhooks,
    adopting,
    inventory,
    leftovers,
    parties,
    rules,
    cases,
    preserving,
    upkeep,
    identity,
    unsealing,
    findings,
    *_OF_CLOUDS,
    imports,
    transit_keys,
    transit_uses,
    exports,
    metering,
    counts,
    roots,
    turning,
)
STRUCTS: tuple[type[msgspec.Struct], ...] = tuple(
    value
    for module in ROOMS
    for value in vars(module).values()
    if isinstance(value, type)
    and issubclass(value, msgspec.Struct)
    and value.__module__ == module.__name__
    and value.__struct_config__.tag is not None
)

_MESSAGE: Any = reduce(or_, (*STRUCTS, Refused, Changed))
_encoder = msgspec.msgpack.Encoder()
_envelopes = msgspec.msgpack.Decoder(list[tuple[int, msgspec.Raw]])
_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(_MESSAGE)


def frame(messages: Sequence[tuple[int, object]]) -> bytes:
    """One frame with its length bytes; `frame-too-large`, `bad-ask` (malformed).

    `bad-ask`: one of them says what MessagePack cannot, such as a number of more than 64 bits.
    """
    try:
        body = _encoder.encode(messages)
    except (OverflowError, ValueError, TypeError) as error:
        raise malformed("bad-ask") from error
    if len(body) > FRAME_BYTES_MAX:
        raise malformed("frame-too-large")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def messages(body: bytes) -> list[tuple[int, Any]]:
    """Decode a frame's body strictly; `bad-frame` (malformed) when its envelopes cannot be read.

    A message that is none of ours comes back as a `Refused` in its own place: a plane sends the asks of many
    callers in one frame, and one bad one must not cost the others theirs.
    """
    try:
        envelopes = _envelopes.decode(body)
    except msgspec.MsgspecError as error:
        raise malformed("bad-frame") from error
    return [(number, _message(raw)) for number, raw in envelopes]


def _message(raw: msgspec.Raw) -> Any:  # noqa: ANN401 - any of the rooms' structs
    try:
        return _decoder.decode(raw)
    except msgspec.MsgspecError:
        return refused(malformed("bad-ask"))


def refused(refusal: Refusal) -> Refused:
    """A refusal as it travels."""
    return Refused(refusal.code, refusal.kind.value, dict(refusal.facts))


def refusal(answer: Refused) -> Refusal:
    """The refusal as it was."""
    return Refusal(answer.code, Kind(answer.kind), answer.facts)
