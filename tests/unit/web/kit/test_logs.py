import json

from custodes.web.kit.logs import Log
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
