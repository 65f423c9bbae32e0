import asyncio
from typing import Any

import msgspec
import pytest

from custodes.kernel.refusal import Kind, Refusal
from custodes.web.kit import bodies


class Thing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    parts: list[int] = []


def read(
    messages: list[dict[str, Any]],
    bytes_max: int = 10,
    wait_ms: int = 1_000,
    headers: dict[str, str] | None = None,
) -> bytes:
    queue = list(messages)

    async def receive() -> dict[str, Any]:
        if not queue:
            await asyncio.sleep(3_600)
        return queue.pop(0)

    return asyncio.run(bodies.whole(receive, headers or {}, bytes_max, wait_ms))


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def code(call: Any, *args: Any) -> str:
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code


def test_whole_body_arrives_in_order() -> None:
    assert read([part(b"abc", more=True), part(b""), part(b"x")][:2]) == b"abc"
    assert read([part(b"abc", more=True), part(b"def")]) == b"abcdef"
    assert read([part(b"0123456789")]) == b"0123456789"


def test_content_length_alone_is_enough_to_refuse() -> None:
    assert code(read, [], 10, 1_000, {"content-length": "11"}) == "body-too-large"


def test_what_really_comes_is_counted_whatever_was_declared() -> None:
    assert code(read, [part(b"012345", more=True), part(b"678910")]) == "body-too-large"
    assert code(read, [part(b"01234567890")], 10, 1_000, {"content-length": "3"}) == "body-too-large"


@pytest.mark.parametrize("length", ["-1", "+3", "3,3", "0x3", "٣", "", "9" * 30])
def test_content_length_is_digits(length: str) -> None:
    assert code(read, [part(b"abc")], 10, 1_000, {"content-length": length}) == "malformed-body"


def test_a_body_that_stops_early_is_truncated() -> None:
    assert code(read, [part(b"abc", more=True), {"type": "http.disconnect"}]) == "body-truncated"
    assert code(read, [part(b"abc")], 10, 1_000, {"content-length": "4"}) == "body-truncated"


def test_a_slow_client_is_not_waited_for() -> None:
    assert code(read, [part(b"abc", more=True)], 10, 20) == "slow-body"


def test_drips_do_not_extend_the_deadline() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return part(b"", more=True)

    with pytest.raises(Refusal) as caught:
        asyncio.run(bodies.whole(receive, {}, 10, 60))
    assert caught.value.code == "slow-body"
    assert caught.value.kind is Kind.LIMITED


def test_media_type_must_match() -> None:
    for good in ("application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'):
        bodies.check_media({"content-type": good}, "application/json")
    for bad in (
        "",
        "text/json",
        "application/json; charset=latin-1",
        "application/jsonp",
        "application/json, x/y",
    ):
        assert code(bodies.check_media, {"content-type": bad}, "application/json") == "wrong-media-type"
    squeezed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert code(bodies.check_media, squeezed, "application/json") == "wrong-media-type"


def test_decoding_is_strict_and_says_where() -> None:
    assert bodies.decode(b'{"name":"a","parts":[1]}', Thing) == Thing(name="a", parts=[1])
    for raw, path in (
        (b'{"name":"a","parts":[1,"secret"]}', "$.parts[1]"),
        (b'{"name":"a","other":1}', "$"),
        (b'{"name":1}', "$.name"),
        (b'{"name":"a"} ,', "$"),
        (b"", "$"),
        (b'{"name":"\xff"}', "$"),
        (b'{"name":"a","parts":' + b"[" * 100_000, "$.parts[0]"),
    ):
        with pytest.raises(Refusal) as caught:
            bodies.decode(raw, Thing)
        assert caught.value.code == "malformed-body"
        assert caught.value.facts["path"] == path
        assert "secret" not in repr(caught.value)


def test_texts_become_numbers_only_when_they_are_numbers() -> None:
    class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        first: int = 0

    assert bodies.convert({"first": "7"}, Page, "malformed-query") == Page(7)
    assert code(bodies.convert, {"first": "7x"}, Page, "malformed-query") == "malformed-query"
    assert code(bodies.convert, {"last": "7"}, Page, "malformed-query") == "malformed-query"
