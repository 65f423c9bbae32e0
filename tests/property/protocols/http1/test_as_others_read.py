"""What our grammar takes, another program reads the same: h11, written by others from the RFC.

Heads and chunked bodies are made of right pieces and of the wrong ones smugglers use. What we take, h11 must
take, with the same target, fields and body; what we refuse it may read as it likes.
"""

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.protocols.http1.chunks import Chunks
from custodes.protocols.http1.head import parse


def mostly(right, wrong):
    """One of the right ones nineteen times of twenty."""
    return st.integers(0, 19).flatmap(lambda n: st.sampled_from(wrong if n == 19 else right))


ODD = mostly([b""], [b" ", b"\t", b"\r", b"\n", b"\x0b", b"\x00", b"\x7f", b"\x85", b"\xa0", b","])
ENDS = mostly([b"\r\n"], [b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"\r\n "])
METHODS = mostly([b"GET", b"PUT", b"POST", b"HEAD", b"OPTIONS"], [b"get", b"G T", b""])
TARGETS = mostly([b"/", b"/a?b=c", b"/%00%2e", b"//b/c"], [b"*", b"http://b/", b"/a b", b"/\xc3\xbc", b""])
VERSIONS = mostly([b"HTTP/1.1"], [b"HTTP/1.0", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 ", b"HTTP/01.1"])
HOSTS = mostly([[b"Host: a\r\n"]], [[], [b"Host: a\r\nHost: b\r\n"], [b"host:\r\n"]])
SEPARATORS = mostly([b":", b": ", b":\t "], [b" :", b"", b"::"])
FIELDS = st.one_of(
    st.tuples(
        mostly([b"content-length", b"Content-Length"], [b"content_length", b"Content-Length "]),
        mostly(
            [b"0", b"5", b"05", b"007", b"9" * 17],
            [b"+5", b"5,5", b"5, 6", b"0x5", b"1e1", b"-1", b"9" * 30, b"5 6", b"\xc2\xb25", b""],
        ),
    ),
    st.tuples(
        mostly(
            [b"transfer-encoding", b"Transfer-Encoding"], [b"transfer\xadencoding", b"Transfer-Encoding\t"]
        ),
        mostly(
            [b"chunked", b"Chunked"],
            [b"chunked, chunked", b"gzip, chunked", b"identity", b"chunked;q=1", b"\x0bchunked", b""],
        ),
    ),
    st.tuples(
        mostly([b"connection", b"expect", b"x", b"x-amz-meta-a"], [b"", b"x y", b"x\x00"]),
        st.sampled_from([b"close", b"keep-alive", b"100-continue", b"v", b"a  b", b"\xff", b""]),
    ),
)


@st.composite
def heads(draw):
    lines = [draw(METHODS), b" ", draw(TARGETS), b" ", draw(VERSIONS), draw(ENDS), *draw(HOSTS)]
    for _ in range(draw(st.integers(0, 3))):
        name, value = draw(FIELDS)
        lines += [name, draw(SEPARATORS), value, draw(ODD), draw(ENDS)]
    return b"".join([*lines, b"\r\n"])


def taken(raw):
    try:
        return parse(raw)
    except Refusal:
        return None


@settings(max_examples=600, deadline=None)
@given(raw=heads(), tail=st.sampled_from([b"", b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", b"0\r\n\r\n"]))
def test_a_head_we_take_is_read_the_same(raw, tail):
    end = raw.find(b"\r\n\r\n")
    ours = taken(raw) if end == len(raw) - 4 else None  # where the connection would cut it
    if ours is None:
        return
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(raw)
    said = theirs.next_event()
    assert isinstance(said, h11.Request)
    target = ours.raw_path + (b"?" + ours.query if b"?" in raw.split(b" ")[1] else b"")
    assert (said.method, said.target) == (ours.method.encode(), target)
    mine = [(name, value) for name, value in ours.headers if name != b"transfer-encoding"]
    assert [(name, value) for name, value in said.headers if name != b"transfer-encoding"] == mine
    if ours.body_bytes is None:
        theirs.receive_data(b"5\r\nhello\r\n0\r\n\r\n" + tail)
        wanted = b"hello"
    else:
        wanted = bytes(min(ours.body_bytes, 100))
        theirs.receive_data(wanted + (tail if len(wanted) == ours.body_bytes else b""))
    body, event = b"", theirs.next_event()
    while isinstance(event, h11.Data):
        body, event = body + bytes(event.data), theirs.next_event()
    assert body == wanted
    is_whole = ours.body_bytes is None or ours.body_bytes == len(wanted)
    assert isinstance(event, h11.EndOfMessage) == is_whole
    if not is_whole:
        return
    assert theirs.trailing_data[0] == tail
    assert ours.is_last or theirs.their_state is not h11.MUST_CLOSE


@st.composite
def bodies(draw):
    """A chunked body, sometimes with something that does not belong there."""
    content = draw(st.lists(st.binary(min_size=1, max_size=20), max_size=4))
    pieces = []
    for one in content:
        size = draw(mostly([b"%x", b"%X", b"0%x"], [b"+%x", b"0x%x", b" %x", b"%x_"])) % len(one)
        said = draw(mostly([b"", b"", b";a=b", b" ;a", b";\xff"], [b" ", b";\x00", b";a\rb", b";\n"]))
        pieces += [size, said, draw(ENDS), one, draw(ENDS)]
    trailers = draw(mostly([b"", b"x: y\r\n"], [b"x : y\r\n", b"x: y\n", b"x\r\n", b" y\r\n"]))
    return b"".join([*pieces, b"0", draw(ENDS), trailers, draw(ENDS)]), draw(st.integers(1, 30))


@settings(max_examples=600, deadline=None)
@given(made=bodies())
def test_a_chunked_body_we_take_is_read_the_same(made):
    raw, step = made
    raw += b"GET /next"
    ours, content, rest = Chunks(), b"", b""
    try:
        for at in range(0, len(raw), step):
            if ours.is_over:
                rest += raw[at : at + step]
                continue
            pieces, rest = ours.feed(raw[at : at + step])
            content += b"".join(pieces)
    except Refusal:
        return
    if not ours.is_over:
        return
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + raw)
    assert isinstance(theirs.next_event(), h11.Request)
    body, event = b"", theirs.next_event()
    while isinstance(event, h11.Data):
        body, event = body + bytes(event.data), theirs.next_event()
    assert isinstance(event, h11.EndOfMessage)
    assert (body, theirs.trailing_data[0]) == (content, rest)
