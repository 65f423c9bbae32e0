"""Uses of a key in OpenBao's audit file."""

import json

from custodes.adapters.holders import bao_audit
from custodes.adapters.holders.openbao_uri import parse

WHERE = parse("openbao+https://bao.example/transit/house")


def line(path, kind="response", **more):
    return (
        json.dumps({"type": kind, "request": {"path": path, "operation": "update"}, **more}).encode() + b"\n"
    )


def test_answered_uses_of_this_key_are_counted_and_nothing_else():
    lines = [
        line("transit/encrypt/house"),
        line("transit/decrypt/house", auth={"client_token": "hmac"}),
        line("transit/decrypt/house", kind="request"),
        line("transit/decrypt/house", error="permission denied"),
        line("transit/decrypt/other"),
        line("other/decrypt/house"),
        line("transit/keys/house"),
        line("sys/health"),
        b"\n",
    ]
    assert bao_audit.uses(lines, WHERE) == bao_audit.Uses(2, 0)


def test_what_cannot_be_read_is_said():
    lines = [b"not json\n", b'{"request":{}}\n', b"[]\n", b"x" * (bao_audit.LINE_BYTES_MAX + 1), line("a")]
    assert bao_audit.uses(lines, WHERE) == bao_audit.Uses(0, 4)
