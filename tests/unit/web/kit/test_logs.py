import asyncio
import json

from custodes.web.kit.logs import Log, gathered
from fakes import SetClock


def test_lines_are_json_and_hold_nothing_else() -> None:
    lines: list[bytes] = []
    log = Log(lines.append, SetClock())
    log.access("req-1", "GET", 200, endpoint="x\ny", path=None, bytes=3)
    assert json.loads(lines[0]) == {
        "time": "2026-11-22T08:00:00Z",
        "log": "access",
        "request": "req-1",
        "method": "GET",
        "status": 200,
        "endpoint": "x\ny",
        "path": None,
        "bytes": 3,
    }
    assert lines[0].count(b"\n") == 1


def test_a_fault_tells_where_but_not_what() -> None:
    lines: list[bytes] = []
    log = Log(lines.append, SetClock())
    try:
        raise ValueError("the passphrase is swordfish")
    except ValueError as error:
        log.fault("req-2", error)
    line = json.loads(lines[0])
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["at"][0]
    assert b"swordfish" not in lines[0]


def test_the_lines_of_one_tick_are_written_together_and_in_order() -> None:
    written: list[bytes] = []

    async def work() -> None:
        sink = gathered(written.append)
        sink(b"1\n")
        sink(b"2\n")
        assert written == []
        await asyncio.sleep(0)
        assert written == [b"1\n2\n"]
        sink(b"3\n")
        await asyncio.sleep(0)

    asyncio.run(work())
    assert written == [b"1\n2\n", b"3\n"]
