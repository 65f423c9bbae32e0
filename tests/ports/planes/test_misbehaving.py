"""Bodies that come too slowly, too large, or not to their end: refused in each wire's words, unasked.

What one item may hold (additional data, context) is refused in the keyroom: test_xks, test_transit. The KMS
plugin's messages are bounded by gRPC (test_kms); clients who only sit there: tests/conformance/clouds.
"""

import json

import pytest

from custodes.protocols.dke.messages import BODY_BYTES_MAX as DKE_BYTES_MAX
from custodes.protocols.xks.messages import BODY_BYTES_MAX as XKS_BYTES_MAX
from custodes.web.kit.logs import Log
from custodes.web.planes import dke, xks
from custodes.web.planes.transit import app as transit
from custodes.web.planes.transit import exchange
from fakes import SeededDice, SetClock
from fakes.asgi import drive

KEY = f"con-{'0' * 26}"
TRANSIT = "/v1/transit/encrypt/files"
DKE, XKS = f"/{KEY}/letters/1/decrypt", f"/{KEY}/kms/xks/v1/keys/foo/encrypt"
HEADERS = [("host", "x.example"), ("content-type", "application/json"), ("x-vault-token", "crd-0.x")]


class Nobody:
    """No ask may come of it."""

    async def ask(self, ask):
        raise AssertionError(ask)


@pytest.fixture
def lines():
    return []


@pytest.fixture
def planes(monkeypatch, lines):
    """Path and application of each, which waits a fiftieth of a second for a body."""
    for module, name in ((xks, "BODY_TIMEOUT_MS"), (dke, "BODY_TIMEOUT_MS"), (exchange, "TIMEOUT_MS")):
        monkeypatch.setattr(module, name, 20)
    ports = Log(lines.append, SetClock()), SeededDice()
    return {
        "xks": (XKS, xks.XksPlane(Nobody(), *ports)),
        "dke": (DKE, dke.DkePlane(Nobody(), *ports)),
        "transit": (TRANSIT, transit.application(Nobody(), transit.face(*ports))),
    }


SAID = {  # the status, and the body in the wire's own form
    "slow": {
        "xks": (429, ("errorName", "ThrottlingException")),
        "dke": (408, ("error", "slow-body")),
        "transit": (408, ("errors", ["request timed out"])),
    },
    "large": {
        "xks": (501, ("errorName", "UnsupportedOperationException")),
        "dke": (413, ("error", "body-too-large")),
        "transit": (413, ("errors", ["request body too large"])),
    },
    "cut": {
        "xks": (400, ("errorName", "ValidationException")),
        "dke": (400, ("error", "body-truncated")),
        "transit": (400, ("errors", ["invalid request"])),
    },
}
BYTES_MAX = {"xks": XKS_BYTES_MAX, "dke": DKE_BYTES_MAX, "transit": exchange.BODY_BYTES_MAX}


@pytest.mark.parametrize("name", ["xks", "dke", "transit"])
def test_a_body_that_does_not_come_as_it_should(planes, lines, name):
    path, plane = planes[name]
    large = bytes(BYTES_MAX[name] + 1)
    answers = {
        "slow": [drive(plane, "POST", path, b'{"canary', HEADERS, is_silent=True)],
        "large": [
            drive(plane, "POST", path, large, HEADERS),
            drive(plane, "POST", path, [large[:1_000], large], HEADERS),  # it does not say how much will come
            drive(plane, "POST", path, b"", [*HEADERS, ("content-length", str(len(large)))]),
        ],
        "cut": [drive(plane, "POST", path, b'{"canary', HEADERS, is_cut=True)],
    }
    for how, given in answers.items():
        for answer in given:
            status, (member, value) = SAID[how][name]
            assert (answer.status, answer.json[member]) == (status, value), (how, answer.body)
    written = b"".join(lines)
    assert written.count(b"\n") == sum(map(len, answers.values()))
    assert b"canary" not in written
    assert json.loads(lines[0])["status"] == SAID["slow"][name][0]
