import base64
import hashlib

import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.locks import Mode
from custodes.protocols.s3 import wishes
from custodes.protocols.s3.messages import Head

KEY = bytes(range(32))
OWN = {
    "x-amz-server-side-encryption-customer-algorithm": "AES256",
    "x-amz-server-side-encryption-customer-key": base64.b64encode(KEY).decode(),
    "x-amz-server-side-encryption-customer-key-md5": base64.b64encode(hashlib.md5(KEY).digest()).decode(),
}
SSE = "x-amz-server-side-encryption"


def head(headers: dict[str, str]) -> Head:
    pairs = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return Head(method="PUT", raw_path=b"/b/k", headers=pairs)


def test_nothing_is_wished_for():
    assert wishes.wishes(head({})) == wishes.NO_WISHES


def test_everything_is_read():
    found = wishes.wishes(
        head(
            {
                "x-amz-tagging": "a=1",
                "x-amz-object-lock-mode": "COMPLIANCE",
                "x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00Z",
                "x-amz-object-lock-legal-hold": "ON",
                SSE: "aws:kms",
                f"{SSE}-aws-kms-key-id": "key-1",
            }
        )
    )
    assert found.tags == (("a", "1"),)
    assert found.is_held is True
    assert found.kms_key == "key-1"
    assert found.retention is not None
    assert found.retention.mode is Mode.COMPLIANCE


def test_a_key_of_ones_own_is_never_shown():
    found = wishes.wishes(head(OWN)).customer_key
    assert found is not None
    assert found.key == KEY
    assert base64.b64encode(KEY).decode() not in repr(wishes.wishes(head(OWN)))
    assert "x00" not in repr(found)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({SSE: "aes:kms"}, "sse-invalid"),
        ({SSE: "AES256", f"{SSE}-aws-kms-key-id": "k"}, "sse-invalid"),
        ({SSE: "AES256", **OWN}, "sse-invalid"),
        ({name: value for name, value in OWN.items() if not name.endswith("md5")}, "customer-key-invalid"),
        ({**OWN, f"{SSE}-customer-key": "AAAA"}, "customer-key-invalid"),
        ({**OWN, f"{SSE}-customer-key-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "customer-key-invalid"),
        ({**OWN, f"{SSE}-customer-key": "?"}, "customer-key-invalid"),
        ({"x-amz-object-lock-mode": "GOVERNANCE"}, "retention-incomplete"),
        ({"x-amz-object-lock-legal-hold": "on"}, "hold-invalid"),
        ({"x-amz-tagging": "a=1&a=2"}, "tagging-malformed"),
        (
            {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": "soon"},
            "retention-date-invalid",
        ),
    ],
)
def test_what_cannot_be_wished_for(headers, code):
    with pytest.raises(Refusal, match=code):
        wishes.wishes(head(headers))
