"""A cloud that fails: 500, 503, half bodies, short bodies, other bytes. Nothing wrong is ever given out."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from custodes.acts.streams.reading import Section, opened
from custodes.acts.streams.writing import Sealing
from custodes.adapters.stores.reach import ReachableStores
from custodes.custody.envelope import commitment
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice
from fakes.ports import free_port

MIB = 1_048_576
KEY, VERSION, BOUND = bytes(range(32)), "ver-" + "0" * 26, b"bound"
BODY = SeededDice(3).draw(3 * MIB + 11)


class Cloud(ThreadingHTTPServer):
    """One bucket that keeps what is put; `fault` says how it goes wrong, `left` how often yet."""

    def __init__(self):
        self.kept, self.fault, self.left, self.uploads = {}, "", 0, {}
        self.port = free_port()
        super().__init__(("127.0.0.1", self.port), Speaking)

    def goes_wrong(self):
        self.left -= 1
        return self.fault if self.left >= 0 else ""


class Speaking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        fault = self.server.goes_wrong()
        if fault in ("500", "503"):
            return self._say(int(fault))
        path, _, query = self.path.partition("?")
        number = re.search(r"partNumber=(\d+)", query)
        if number:
            self.server.uploads.setdefault(path, {})[int(number[1])] = body
        else:
            self.server.kept[path] = body
        return self._say(200, headers={"ETag": '"1"'})

    def do_POST(self):
        path, _, query = self.path.partition("?")
        self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.server.goes_wrong()
        if fault in ("500", "503"):
            return self._say(int(fault))
        if "uploadId=" not in query:
            answer = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            return self._say(200, answer)
        parts = self.server.uploads.pop(path)
        self.server.kept[path] = b"".join(parts[number] for number in sorted(parts))
        answer = b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>"
        return self._say(200, answer)

    def do_GET(self):
        fault = self.server.goes_wrong()
        whole = self.server.kept.get(self.path.partition("?")[0])
        if whole is None:
            return self._say(404)
        if fault in ("500", "503"):
            return self._say(int(fault))
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["range"]).groups())
        body = whole[first : last + 1]
        headers = {"Content-Range": f"bytes {first}-{first + len(body) - 1}/{len(whole)}", "ETag": '"1"'}
        headers["Last-Modified"] = "Thu, 01 Jan 2026 00:00:00 GMT"
        if fault == "other":
            body = bytes(len(body))
        if fault == "flip":
            body = body[:-1] + bytes([body[-1] ^ 1])
        return self._say(206, body, headers, is_half=fault == "half")

    def _say(self, status, body=b"", headers=None, *, is_half=False):
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if is_half else body)
        self.close_connection = is_half

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def cloud(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    server = Cloud()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(30)


@pytest.fixture
def store(cloud):
    with ThreadPoolExecutor(max_workers=2) as threads:
        place = f"s3://bucket/prefix?region=eu&endpoint=http://127.0.0.1:{cloud.port}"
        yield ReachableStores(threads).at(place)


async def write(store, body):
    dice = SeededDice(len(body))
    blob = new_id("blb", dice)
    sealing = Sealing(blob, (KEY, BOUND), [store], dice)
    try:
        for at in range(0, len(body), MIB):
            await sealing.take(body[at : at + MIB])
        await sealing.finish()
    except BaseException:
        await sealing.drop()
        raise
    return blob, sealing


async def read(store, written, given):
    blob, sealing = written
    section = Section(
        blob=blob,
        plain_bytes=sealing.plain_bytes,
        header=sealing.header,
        associated=BOUND,
        first=0,
        last=sealing.plain_bytes - 1,
        stores=[store],
    )
    async for piece in opened([section], KEY, VERSION, commitment(KEY, VERSION)):
        given += piece


@pytest.mark.parametrize("size", [70_000, len(BODY)])
def test_what_is_well_comes_back(cloud, store, size):
    async def run():
        given = bytearray()
        await read(store, await write(store, BODY[:size]), given)
        assert given == BODY[:size]

    asyncio.run(run())
    (name,) = cloud.kept
    assert re.fullmatch(r"/bucket/prefix/../blb-[0-9a-z]{26}", name)  # all a listing tells


@pytest.mark.parametrize("fault", ["500", "503"])
@pytest.mark.parametrize("size", [70_000, len(BODY)])
def test_a_write_that_is_refused_is_no_write_and_one_that_is_refused_once_is(cloud, store, fault, size):
    cloud.fault, cloud.left = fault, 1_000

    async def run():
        with pytest.raises(Refusal, match="store-gone") as caught:
            await write(store, BODY[:size])
        assert caught.value.kind is Kind.UNAVAILABLE
        assert cloud.kept == {}
        cloud.left = 1
        await write(store, BODY[:size])
        assert len(cloud.kept) == 1

    asyncio.run(run())


@pytest.mark.parametrize("fault", ["500", "503", "half", "other", "flip"])
@pytest.mark.parametrize("size", [70_000, len(BODY)])
def test_what_is_read_is_a_beginning_of_what_was_written_and_then_a_refusal(cloud, store, fault, size):
    async def run():
        written = await write(store, BODY[:size])
        cloud.fault, cloud.left = fault, 1_000
        given = bytearray()
        with pytest.raises(Refusal) as caught:
            await read(store, written, given)
        assert caught.value.code in ("store-gone", "stream-mismatch")
        assert len(given) < size
        assert given == BODY[: len(given)]
        if fault in ("500", "503", "other"):
            assert given == b""

    asyncio.run(run())


def test_a_cut_blob_is_never_taken_for_a_whole_one(cloud, store):
    async def run():
        written = await write(store, BODY)
        (name,) = cloud.kept
        for left in (0, 40, 65_536, 2 * MIB, len(cloud.kept[name]) - 1):
            whole = cloud.kept[name]
            cloud.kept[name] = whole[:left]
            given = bytearray()
            with pytest.raises(Refusal):
                await read(store, written, given)
            assert given == BODY[: len(given)]
            cloud.kept[name] = whole

    asyncio.run(run())
