"""Ten thousand idle connections, some with half a request: those who ask properly are answered."""

import json
import os
import resource
import socket
import time

import pytest

from fakes.cloud_house import CloudHouse
from fakes.clouds import raw, said, signed_headers, text

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]
IDLE = int(os.environ.get("CUSTODES_IDLE", "10000"))
SPARE = 500


def sent(house, last, members):
    """One signed request, whole, and its answer."""
    path = house.path(last)
    body = json.dumps(members).encode()
    headers = signed_headers(house.pair, path, body, at=house.clock.now(), host=house.host)
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"content-length: {len(body)}", "connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", house.settings.xks_port), timeout=60) as wire:
        wire.sendall("\r\n".join(lines).encode() + body)
        got = b""
        while piece := wire.recv(65_536):
            got += piece
    return json.loads(got.partition(b"\r\n\r\n")[2])


def sealed(house):
    members = {
        "requestMetadata": said("GenerateDataKey"),
        "plaintext": text(b"a data key"),
        "encryptionAlgorithm": "AES_GCM",
    }
    return sent(house, "keys/both/encrypt", members)


def test_idle_and_slow_clients_take_nothing_from_the_others(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + SPARE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"not judged: at most {hard} files may be open on this machine")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))  # the process inherits it
    house = CloudHouse(tmp_path).found()
    idle = []
    try:
        with house.running("keyroom", "logkeeper", "xks"):
            place = ("127.0.0.1", house.settings.xks_port)
            for number in range(IDLE):
                wire = socket.create_connection(place, timeout=60)
                if number % 100 == 0:  # some have begun to ask, and go no further
                    wire.sendall(
                        b"POST /" + house.connection.id.encode() + b"/kms/xks/v1/health HTTP/1.1\r\n"
                    )
                idle.append(wire)
            first = sealed(house)
            began = time.monotonic()
            for _ in range(50):
                members = {"requestMetadata": said(), "encryptionAlgorithm": "AES_GCM", **first}
                assert raw(sent(house, "keys/both/decrypt", members)["plaintext"]) == b"a data key"
            assert time.monotonic() - began < 60
            for wire in idle:
                wire.close()
    finally:
        for wire in idle:
            wire.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
