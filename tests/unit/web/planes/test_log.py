import pytest

from custodes.web.kit.logs import Log
from custodes.web.planes.log import LogPlane
from fakes import SeededDice, SetClock
from fakes.asgi import drive


@pytest.fixture
def plane(tmp_path):
    for name in (
        "checkpoint",
        "pins.json",
        "turn.json",
        "next.json",
        "closed/1/turn.json",
        "tile/0/000",
        "tile/0/x001/067.p/5",
        "tile/entries/000.p/7",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "signed.json").write_bytes(b"not public")
    (tmp_path / ".checkpoint.new").write_bytes(b"half")
    (tmp_path / "tile/0/001").symlink_to("/etc/passwd")
    return LogPlane(tmp_path, Log(lambda _: None, SetClock()), SeededDice())


@pytest.mark.parametrize(
    ("path", "media", "keep"),
    [
        ("checkpoint", "text/plain; charset=utf-8", "public, max-age=5"),
        ("pins.json", "application/json", "public, max-age=5"),
        ("turn.json", "application/json", "public, max-age=5"),
        ("next.json", "application/json", "public, max-age=5"),
        ("closed/1/turn.json", "application/json", "public, max-age=5"),
        ("tile/0/000", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("tile/0/x001/067.p/5", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("tile/entries/000.p/7", "application/octet-stream", "public, max-age=31536000, immutable"),
    ],
)
def test_what_the_log_is_made_of_is_served(plane, path, media, keep):
    answer = drive(plane, "GET", f"/{path}")
    assert (answer.status, answer.body) == (200, path.encode())
    assert (answer.header("content-type"), answer.header("cache-control")) == (media, keep)
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("content-length") == str(len(path))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/signed.json",
        "/.checkpoint.new",
        "/checkpoint/",
        "/tile/0/000/",
        "/tile/0",
        "/tile/00/000",
        "/tile/64/000",
        "/tile/0/0",
        "/tile/0/000.p/0",
        "/tile/0/002",
        "/tile/0/000.p/5",
        "/tile/0/001",
        "/tile/../checkpoint",
        "/%63heckpoint",
        "//checkpoint",
        "/tile/0/%2e%2e/000",
        "/checkpoint%00",
    ],
)
def test_everything_else_is_not_there(plane, path):
    answer = drive(plane, "GET", path)
    assert answer.status == 404
    assert answer.body == b"not there\n"
    assert answer.header("cache-control") == "no-store"


def test_head_says_the_length_and_sends_nothing(plane):
    answer = drive(plane, "HEAD", "/tile/0/000")
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "10")


def test_nothing_can_be_written(plane):
    answer = drive(plane, "PUT", "/checkpoint", b"x")
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD")
