import pytest

from custodes.adapters.http.log import HttpLog
from custodes.adapters.http.plain import Answer
from custodes.adapters.log_files import WatchFolder
from custodes.kernel.refusal import Refusal


def test_what_is_held_is_never_replaced(tmp_path):
    folder = WatchFolder(tmp_path)
    folder.add("tile/0/000.p/3", b"abc")
    folder.add("tile/0/000.p/3", b"abc")
    with pytest.raises(Refusal, match="held-differs"):
        folder.add("tile/0/000.p/3", b"abd")
    assert folder.read("tile/0/000.p/3") == b"abc"
    folder.add("tile/0/000.p/10", b"x")
    assert folder.names("tile/0/000.p") == ("10", "3")
    folder.replace("checkpoint", b"1")
    folder.replace("checkpoint", b"2")
    assert folder.read("checkpoint") == b"2"
    assert folder.read("tile") is None
    assert folder.read("checkpoint/x") is None
    assert folder.names("nothing") == ()
    assert folder.names("checkpoint") == ()


@pytest.mark.parametrize(("status", "body"), [(200, b"x"), (404, None), (302, "no"), (500, "no")])
def test_a_log_answers_or_has_it_not(status, body):
    log = HttpLog("http://127.0.0.1:9")
    log._http = type("Http", (), {"get": lambda _, path: Answer(status=status, media="", body=b"x")})()
    if body == "no":
        with pytest.raises(Refusal, match="log-refuses"):
            log.get("checkpoint")
    else:
        assert log.get("checkpoint") == body
