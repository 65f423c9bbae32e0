"""Heads of answers: one line for each field, whatever a field holds."""

import pytest

from custodes.protocols.http1 import answers


def test_a_head_and_a_chunk():
    assert answers.head(404, [(b"a", b"1"), (b"b", b"")]) == b"HTTP/1.1 404 Not Found\r\na: 1\r\nb: \r\n\r\n"
    assert answers.head(299, []) == b"HTTP/1.1 299 \r\n\r\n"
    assert answers.chunk(b"x" * 17) == b"11\r\n" + b"x" * 17 + b"\r\n"


@pytest.mark.parametrize("bad", [b"1\r\nset-cookie: x", b"1\n", b"\r1", b"\0"])
def test_no_field_begins_another(bad):
    for pair in ((b"a", bad), (bad, b"1")):
        with pytest.raises(ValueError, match="line break"):
            answers.head(200, [pair])


def test_one_word_and_the_end():
    raw = answers.plain(400, "field-malformed")
    assert raw.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\ncontent-length: 16\r\nconnection: close\r\n\r\nfield-malformed\n" in raw
