"""Every plane that uses keys at once, as installed: a kill under load, and canaries sought in what is left.

One house goes through it all: uses, bad and broken requests, a kill, processes that abort. Then nothing that
was secret in any of it may stand in a log line, in what a process said on its way out, or in any file.
"""

import base64
import contextlib
import signal
import socket

import pytest

from custodes.acts.answers import kills  # noqa: F401 - what is attacked
from custodes.web.kit import logs  # noqa: F401
from fakes.every_plane import PLANES, PROCESSES, EveryPlane
from fakes.killing import killed_under_load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
CANARY = b"canary-4f1c9e-in-the-clear"
ABORTED = ("transit", "xks", "s3", "keyroom")


class Left:
    """What is left of the house once it stands still."""

    def __init__(self, house, found):
        self.house, self.found = house, found

    def holding(self, secret):
        """Files that hold a secret as it is, in base64 or in hex."""
        forms = (secret, base64.b64encode(secret).rstrip(b"=")[:-1], secret.hex().encode())
        forms += (base64.urlsafe_b64encode(secret).rstrip(b"=")[:-1],)
        own = {self.house.settings.house / self.house.settings.kms_access}  # where the owner put it
        files = [one for one in self.house.folder.rglob("*") if one.is_file() and one not in own]
        return [one for one in files if any(form in one.read_bytes() for form in forms)]


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    house = EveryPlane(tmp_path_factory.mktemp("h")).found()
    with house.running(*PROCESSES, "dke"):
        _bad_requests(house)
        found = killed_under_load(house, CANARY)
        _bad_requests(house)
        for name in ABORTED:
            process = house.processes.pop(name)
            process.send_signal(signal.SIGABRT)
            assert process.wait(60) == -signal.SIGABRT
    return Left(house, found)


def _bad_requests(house):
    """The canary wherever a client can put it, in requests wrong, too long, cut short or nobody's."""
    text = base64.b64encode(CANARY).decode()
    ports = {
        house.settings.console_port: ("/v1/keys/k/wrap", "Authorization: Bearer"),
        house.settings.transit_port: ("/v1/transit/encrypt/files", "X-Vault-Token:"),
        house.settings.xks_port: (house.path("keys/both/encrypt"), "Authorization:"),
        house.settings.dke_port: (f"/{house.connection.id}/letters/1/decrypt", "Authorization: Bearer"),
        house.settings.s3_port: ("/town-files/letter", "Authorization:"),
    }
    plain = CANARY.decode()
    for port, (path, header) in ports.items():
        for target, said, body in (
            (path, f"{header} {plain}", f'{{"plaintext": "{text}"'),  # no JSON
            (path, f"{header} {plain}", f'{{"plaintext": "{text}", "{plain}": "{plain}"}}'),
            (f"{path}/{plain}?{plain}={plain}", f"{header} {plain}", f'{{"message": "{plain}"}}'),
            (path, f"{plain}: {plain}", plain * 4_000),
        ):
            head = f"POST {target} HTTP/1.1\r\nHost: {plain}\r\n{said}\r\nContent-Type: application/json\r\n"
            whole = f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
            _sent(port, whole, is_read=True)
            _sent(port, whole[:-5], is_read=False)  # he hangs up in the middle


def _sent(port, raw, *, is_read):
    with (
        contextlib.suppress(ConnectionError),
        socket.create_connection(("127.0.0.1", port), timeout=30) as wire,
    ):
        wire.sendall(raw)
        while is_read and wire.recv(65_536):
            pass


def test_no_use_begun_after_a_kills_answer_is_done(left):
    assert set(left.found.planes) == set(PLANES)
    for name, plane in left.found.planes.items():
        assert plane.done_before >= left.found.WANTED, name
        assert plane.begun_after_and_done == 0, (name, plane)
        assert plane.refused_after >= left.found.WANTED, name


def test_nothing_secret_is_left_anywhere(left):
    house = left.house
    secrets = {
        "plaintext": CANARY,
        "application's token": house.token.token.partition(".")[2].encode(),
        "officer's token": house.officer.token.partition(".")[2].encode(),
        "S3 secret": house.key.secret.encode(),
        "XKS secret": house.pair[1].encode(),
    }
    assert {name: left.holding(one) for name, one in secrets.items() if left.holding(one)} == {}
    said = {name: path.read_text() for name, path in house.said.items()}
    assert all('"log":"access"' in said[name] for name in (*PLANES, "dke"))  # there is something to look in


def test_a_planted_secret_is_found(left):
    planted = left.house.folder / "planted"
    for form in (CANARY, base64.b64encode(CANARY), CANARY.hex().encode()):
        planted.write_bytes(b"before " + form + b" after")
        assert left.holding(CANARY) == [planted]
    planted.unlink()
    assert left.holding(CANARY) == []
