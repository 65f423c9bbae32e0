import base64
import hashlib
from urllib.parse import quote

import pytest
from starlette.datastructures import Headers

from custodes.kernel.refusal import Refusal
from custodes.web.kit.peer import Peer, peer

DER = b"\x30\x82\x01\x00" + bytes(range(256))
B64 = base64.b64encode(DER).decode()
PEM = f"-----BEGIN CERTIFICATE-----\n{B64[:64]}\n{B64[64:]}\n-----END CERTIFICATE-----\n"
EXPECTED = Peer(der=DER, sha256=hashlib.sha256(DER).hexdigest())


def headers(*values: str) -> Headers:
    return Headers(raw=[(b"client-cert", value.encode()) for value in values])


def test_both_spellings() -> None:
    assert peer(headers(f":{B64}:"), is_unix_socket=True) == EXPECTED
    assert peer(headers(quote(PEM)), is_unix_socket=True) == EXPECTED
    assert EXPECTED.asserted_by == "plane"


def test_on_tcp_nobody_is_believed() -> None:
    assert peer(headers(f":{B64}:"), is_unix_socket=False) is None
    assert peer(headers("rubbish", "twice"), is_unix_socket=False) is None


def test_no_certificate() -> None:
    assert peer(headers(), is_unix_socket=True) is None
    assert peer(headers(""), is_unix_socket=True) is None


@pytest.mark.parametrize(
    "values",
    [
        (f":{B64}:", f":{B64}:"),
        (B64,),
        ("::",),
        (":%%%:",),
        (f":{B64}",),
        (f":{base64.b64encode(b'not der at all').decode()}:",),
        (f":{base64.b64encode(b'0' * 20_000).decode()}:",),
        ("A" * 40_000,),
        (quote(PEM + PEM),),
    ],
)
def test_anything_else_is_refused(values: tuple[str, ...]) -> None:
    with pytest.raises(Refusal, match="malformed-certificate"):
        peer(headers(*values), is_unix_socket=True)
