import asyncio
import contextlib
import stat

import pytest

from custodes.adapters.meter_socket import AT_ONCE_MAX, HEAD_BYTES_MAX, MeterSocket, Page, metrics
from custodes.kernel.meters import Meters


async def asked(path, raw):
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(raw)
    try:
        return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def over(path, pages, *raws):
    async def run():
        server = MeterSocket(path, pages)
        assert await server.start()
        try:
            return [await asked(path, raw) for raw in raws]
        finally:
            await server.stop()

    return asyncio.run(run())


def test_metrics_are_looked_for_and_told(tmp_path):
    meters, looked = Meters(), []
    meters.gauge("a", "About.", lambda: float(len(looked)))

    async def look():
        looked.append(1)

    path = tmp_path / "deep" / "s"
    first, second = over(path, metrics(meters, look), *[b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"] * 2)
    head, _, body = first.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4")
    assert b"content-length: %d" % len(body) in head
    assert body.endswith(b"\na 1\n")
    assert second.endswith(b"\na 2\n")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /else HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /../metrics HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"nonsense\r\n\r\n", b"405"),
        (b"GET /\xff HTTP/1.1\r\n\r\n", b"404"),
    ],
)
def test_anything_else_is_refused(tmp_path, raw, status):
    (answer,) = over(tmp_path / "s", metrics(Meters()), raw)
    assert answer.startswith(b"HTTP/1.1 " + status)


def test_a_head_that_is_too_long_is_not_answered(tmp_path):
    (answer,) = over(
        tmp_path / "s", metrics(Meters()), b"GET /metrics HTTP/1.1\r\nx: " + b"y" * HEAD_BYTES_MAX * 9
    )
    assert answer == b""


def test_a_page_that_fails_says_so_without_its_reason(tmp_path):
    async def fails() -> Page:
        raise RuntimeError("a secret")

    (answer,) = over(tmp_path / "s", {"/metrics": fails}, b"GET /metrics HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"secret" not in answer


def test_few_at_once(tmp_path):
    path, told = tmp_path / "s", b"GET /metrics HTTP/1.1\r\n\r\n"

    async def run():
        server = MeterSocket(path, metrics(Meters()))
        await server.start()
        idle = [await asyncio.open_unix_connection(str(path)) for _ in range(AT_ONCE_MAX)]
        await asyncio.sleep(0)
        with contextlib.suppress(ConnectionResetError):
            assert await asked(path, told) == b""
        for reader, writer in idle:
            writer.write(told)
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
            writer.close()
            await writer.wait_closed()
        assert (await asked(path, told)).startswith(b"HTTP/1.1 200")
        await server.stop()

    asyncio.run(run())


def test_the_socket_is_for_its_group_and_replaces_a_dead_one(tmp_path):
    async def run():
        for _ in range(2):
            server = MeterSocket(tmp_path / "s", metrics(Meters()))
            assert await server.start()
            assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
            await server.stop()

    asyncio.run(run())


def test_a_process_goes_on_without_its_socket(tmp_path, caplog):
    (tmp_path / "file").write_text("")

    async def run():
        return await MeterSocket(tmp_path / "file" / "s", metrics(Meters())).start()

    assert asyncio.run(run()) is False
    assert "no metrics" in caplog.text
