import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger.loss import stream
from custodes.ledger.loss.stream import Part


def run(log, first, count):
    return Part(log=log, first=first, leaves=tuple(b"\x01" + n.to_bytes(32, "big") for n in range(count)))


PARTS = [run("cus-1/machine", 0, 5), run("cus-1/exceptional", 2**40, 1)]


@pytest.mark.parametrize("parts", [[], PARTS, [run("a/b", 3, 40_000)]])
def test_what_is_written_is_read(parts):
    raw = stream.encode(parts)
    assert stream.parse(raw) == tuple(parts)


def test_sizes_tell_little():
    sizes = {len(stream.encode([run("cus-1/machine", 0, count)])) for count in range(1, 120)}
    assert sizes == {4096}
    assert len(stream.encode([run("a/b", 0, 40_000)])) == 2 * 2**20


def test_anything_else_is_refused():
    raw = stream.encode(PARTS)
    bad = [
        raw[:-1],
        raw + b"\0",
        raw[:-1] + b"\1",
        b"",
        b"\0\0\0\3" + raw[4:],
        raw.replace(b"cus-1", b"cus-\xff"),
    ]
    bad += [raw.ljust(8192, b"\0"), (1).to_bytes(4, "big") + b"\0" * 4092]
    for one in bad:
        with pytest.raises(Refusal, match="bad-leaf-stream"):
            stream.parse(one)
    for part in (run("", 0, 1), run("x" * 256, 0, 1), Part(log="a", first=0, leaves=(b"short",))):
        with pytest.raises(Refusal, match="bad-leaf-stream"):
            stream.encode([part])


def test_a_long_run_is_cut_into_files_that_say_where_they_begin(monkeypatch):
    monkeypatch.setattr(stream, "FILE_LEAVES_MAX", 4)
    files = stream.files_of([run("a/b", 10, 9), run("a/c", 0, 1)])
    assert [[(one.log, one.first, len(one.leaves)) for one in file] for file in files] == [
        [("a/b", 10, 4)],
        [("a/b", 14, 4)],
        [("a/b", 18, 1), ("a/c", 0, 1)],
    ]
    assert stream.files_of([]) == [[]]
    with pytest.raises(Refusal, match="bad-leaf-stream"):
        stream.files_of([run("a/b", 0, 4 * 255 + 1)])


def test_where_the_files_lie():
    assert stream.file_path(1234067) == "leaves/x001/x234/067"
    assert stream.file_path(12, 3) == "leaves/012.p/3"
