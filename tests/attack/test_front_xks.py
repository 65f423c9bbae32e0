"""XKS with client certificates behind the real front: who is let through, and what is dropped.

Debian's nginx runs deploy/nginx/client-certificates.conf as it is, before a real XKS process on its UNIX
socket. The connection demands one name; every request is well signed: only the certificate decides.
"""

import base64
import itertools
import json
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization

from custodes.web.kit import peer  # noqa: F401 - what is attacked
from custodes.wiring.planes import xks  # noqa: F401
from fakes.cloud_house import CloudHouse
from fakes.clouds import signed_headers
from fakes.front import Authority, Front, curl, demand_nginx

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
AWS = "cks.kms.eu-central-1.amazonaws.com"  # the name that the connection demands
NAME = "certified.localhost"
NUMBERS = itertools.count()


def question():
    """One after health; each another, for the same signed bytes are not answered without end."""
    asked = {"kmsOperation": "KmsHealthCheck", "kmsRequestId": f"r{next(NUMBERS)}"}
    return json.dumps({"requestMetadata": asked})


def signed(front):
    """(address, arguments of curl) of a well-signed question."""
    path, host, body = front.house.path("health"), f"{NAME}:{front.port}", question()
    headers = signed_headers(front.house.pair, path, body.encode(), at=front.house.clock.now(), host=host)
    sent = [word for pair in headers.items() for word in ("-H", f"{pair[0]}: {pair[1]}")]
    return f"{host}{path}", [*sent, "--data-binary", body]


@pytest.fixture(scope="module")
def front():
    demand_nginx()
    folder = Path(tempfile.mkdtemp(prefix="cfx"))  # a socket's path is short
    authority = Authority(folder)
    authority.issue("front", "localhost", NAME)
    authority.aws = authority.issue(AWS)
    authority.other = authority.issue("cks.kms.us-east-1.amazonaws.com")
    (folder / "else").mkdir()
    Authority(folder / "else").issue(AWS)
    sock = folder / "xks.sock"
    house = CloudHouse(folder, demands={"client-names": (AWS,)}, xks_socket=str(sock)).found()
    replaced = {
        "/etc/custodes/tls/front.pem": str(folder / "front.pem"),
        "/etc/custodes/tls/front.key": str(folder / "front.key"),
        "/etc/custodes/tls/clients.pem": str(authority.file),
        "/run/custodes/front/xks.sock": str(sock),
    }
    made = Front(folder, house, replaced)
    made.authority, made.house, made.sock = authority, house, sock
    try:
        with house.running("keyroom", "xks"), made.running():
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def asked(front, *more):
    """(status, errorName or none) of a well-signed question after health."""
    address, sent = signed(front)
    status, _, body = curl(front, f"https://{address}", *sent, *more, name=NAME)
    try:
        return status, json.loads(body).get("errorName")
    except ValueError:
        return status, "not in the protocol's words"


def holding(folder, name):
    return ("--cert", str(folder / f"{name}.pem"), "--key", str(folder / f"{name}.key"))


def forged(certificate):
    """The header as nginx and as RFC 9440 write it, with a certificate that the client does not hold."""
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    der = certificate.public_bytes(serialization.Encoding.DER)
    return [("-H", f"Client-Cert: {quote(pem)}"), ("-H", f"client-cert: :{base64.b64encode(der).decode()}:")]


def test_the_right_certificate_is_let_through(front):
    assert asked(front, *holding(front.folder, AWS)) == (200, None)


def test_none_and_another_name_are_refused_by_the_keyroom_in_the_protocols_words(front):
    refused = (401, "AuthenticationFailedException")
    assert asked(front) == refused
    assert asked(front, *holding(front.folder, "cks.kms.us-east-1.amazonaws.com")) == refused


def test_the_right_name_by_another_authority_gets_nowhere(front):
    status, said = asked(front, *holding(front.folder / "else", AWS))
    assert (status, said) == (400, "not in the protocol's words")  # the front's own: it never came here


def test_what_a_client_says_of_his_certificate_is_dropped(front):
    refused = (401, "AuthenticationFailedException")
    other = holding(front.folder, "cks.kms.us-east-1.amazonaws.com")
    for header in forged(front.authority.aws):
        assert asked(front, *header) == refused  # no certificate, the right one claimed
        assert asked(front, *header, *other) == refused  # another certificate, the right one claimed
    for header in forged(front.authority.other):
        assert asked(front, *header, *holding(front.folder, AWS)) == (200, None)  # his own counts


def test_nobody_but_the_group_reaches_the_socket_and_nothing_listens_on_tcp(front):
    """The positive control: who can reach the socket can claim any certificate, so its mode is the border."""
    assert front.sock.stat().st_mode & 0o777 == 0o660
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", front.house.settings.xks_port)) != 0
    assert curl_at(front, *forged(front.authority.aws)[1]) == 200
    assert curl_at(front) == 401


def curl_at(front, *more):
    """Its answer's status, at the socket itself."""
    address, sent = signed(front)
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", str(front.sock)]
    done = subprocess.run(
        [*command, f"http://{address}", *sent, *more], capture_output=True, text=True, check=True
    )
    return int(done.stdout)
