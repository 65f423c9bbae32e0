"""Chunked bodies, cut at every byte, and everything that is none."""

import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.http1.chunks import LINE_BYTES_MAX, TRAILER_BYTES_MAX, Chunks

WHOLE = b'4;n="v"\r\nabc\n\r\nA;x\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n'


def decoded(*pieces):
    chunks, found, rest = Chunks(), [], b""
    for piece in pieces:
        assert not rest
        content, rest = chunks.feed(piece)
        found += content
    return b"".join(found), rest, chunks.is_over


@pytest.mark.parametrize("at", range(len(WHOLE)))
def test_the_same_wherever_it_is_cut(at):
    assert decoded(WHOLE[:at], WHOLE[at:] + b"GET") == (b"abc\n0123456789", b"GET", True)


def test_the_same_byte_by_byte():
    assert decoded(*(WHOLE[n : n + 1] for n in range(len(WHOLE)))) == (b"abc\n0123456789", b"", True)


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_what_is_cut_off_is_not_over(end):
    assert not decoded(WHOLE[:end])[2]


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b"1_0\r\n",
        b" 1\r\n",
        b"1 \r\n",
        b"1 ;a\r\n",
        b"1\n",
        b"1\r\r\n",
        b"1;a\x00\r\n",
        b"1;a\rb\r\n",
        b"%b\r\n" % (b"1" * 13),
        b"1\r\nab\r\n",
        b"1\r\na\n",
        b"1\r\na0\r\n",
        b"0\r\nx\r\n\r\n",
        b"0\r\n x: 1\r\n\r\n",
        b"0\r\nx : 1\r\n\r\n",
        b"0\r\nx: 1\n\r\n",
        b"1;" + b"a" * LINE_BYTES_MAX,
        b"0\r\n" + b"x: 12345\r\n" * (TRAILER_BYTES_MAX // 10 + 1),
    ],
)
def test_what_is_no_chunk(raw):
    with pytest.raises(Refusal, match="chunk-malformed"):
        decoded(raw)
