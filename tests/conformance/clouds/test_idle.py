"""Ten thousand idle connections before each plane of a cloud, some with half a request: others are served."""

import http.client
import os
import resource
import socket
import time

import pytest

from fakes.every_plane import EveryPlane

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]
IDLE = int(os.environ.get("CUSTODES_IDLE", "10000"))
SPARE = 500
ASKED = 50
HALF = b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + SPARE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"not judged: at most {hard} files may be open on this machine")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))  # the processes inherit it
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connected(house, name):
    if name == "kms":
        wire = socket.socket(socket.AF_UNIX)  # without a time limit it waits until it is its turn
        try:
            wire.connect(str(house.kms_socket))
        except OSError:
            wire.close()
            raise
        return wire
    return socket.create_connection(("127.0.0.1", getattr(house.settings, f"{name}_port")), timeout=60)


def shown(house):
    """DKE answers: there is no such key, which only the keyroom can say."""
    wire = http.client.HTTPConnection("127.0.0.1", house.settings.dke_port, timeout=60)
    wire.request("GET", f"/{house.connection.id}/letters")
    answer = wire.getresponse()
    answer.read()
    wire.close()
    return answer.status == 404


@pytest.mark.parametrize("name", ["xks", "transit", "dke", "kms"])
@pytest.mark.usefixtures("many_files")
def test_idle_and_slow_clients_take_nothing_from_the_others(tmp_path, name):
    house = EveryPlane(tmp_path).found()
    idle = []
    with house.running("keyroom", "logkeeper", "s3", name):
        use = house.users(b"a data key").get(name, lambda: shown(house))
        assert use()
        try:
            for number in range(IDLE):
                wire = connected(house, name)
                if number % 100 == 0:  # some have begun to ask, and go no further
                    wire.sendall(HALF)
                idle.append(wire)
            assert len(idle) == IDLE
            began = time.monotonic()
            assert all(use() for _ in range(ASKED))
            assert time.monotonic() - began < 60
        finally:
            for wire in idle:
                wire.close()
        assert use()
