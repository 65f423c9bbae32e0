import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.transit.asking import asked, body_of, flag, number, text
from custodes.protocols.transit.messages import How

HELLO = "aGVsbG8="


def code_of(call, *given):
    with pytest.raises(Refusal) as caught:
        call(*given)
    return caught.value.code


def test_a_body_is_an_object_or_nothing():
    assert body_of(b"") == body_of(b" \n") == body_of(b"{}") == body_of(b"null") == {}
    for bad in (b"[]", b"1", b"true", b"{", b"\xff", b'{"a":' * 2_000, b"not json"):
        assert code_of(body_of, bad) == "malformed-body"


def test_each_verb_finds_its_bytes():
    one = asked(
        "encrypt", {"plaintext": HELLO, "context": "YQ==", "associated_data": "Yg==", "key_version": "2"}
    )
    item = one.entered[0].item
    assert (item.body, item.context, item.associated, item.version) == (b"hello", b"a", b"b", 2)
    assert asked("decrypt", {"ciphertext": "vault:v3:" + HELLO}).entered[0].item.version == 3
    assert asked("encrypt", {"plaintext": ""}).entered[0].item.body == b""
    signed = asked("verify", {"input": HELLO, "signature": "vault:v1:AAAA"})
    assert (signed.verb, signed.entered[0].item.mark) == ("verify", b"\0\0\0")
    assert asked("verify", {"input": HELLO, "hmac": "vault:v1:AAAA"}).verb == "check-mac"
    assert asked("datakey", {"bits": 512}, more="wrapped").how == How(bits=512)
    assert asked("datakey", {}, more="plaintext").how.wants_plain


def test_path_before_body_says_the_hash():
    body = {"input": HELLO, "hash_algorithm": "sha2-512"}
    assert asked("sign", body).how.hash_name == "sha2-512"
    assert asked("sign", body, "sha2-384").how.hash_name == "sha2-384"
    assert asked("mac", {"input": HELLO, "algorithm": "sha3-256"}).how.hash_name == "sha3-256"
    for bad in ("sha1", "none", "md5", "SHA2-256"):
        assert code_of(asked, "sign", {"input": HELLO}, bad) == "bad-parameter"


@pytest.mark.parametrize(
    ("verb", "body", "code"),
    [
        ("encrypt", {}, "missing-plaintext"),
        ("encrypt", {"plaintext": "%"}, "bad-base64"),
        ("encrypt", {"plaintext": 1}, "bad-parameter"),
        ("encrypt", {"plaintext": HELLO, "nonce": "AAAA"}, "unsupported-parameter"),
        ("encrypt", {"plaintext": HELLO, "convergent_encryption": True}, "unsupported-parameter"),
        ("encrypt", {"plaintext": HELLO, "padding_scheme": "pkcs1v15"}, "unsupported-parameter"),
        ("encrypt", {"plaintext": HELLO, "key_version": -1}, "bad-parameter"),
        ("encrypt", {"plaintext": HELLO, "key_version": True}, "bad-parameter"),
        ("encrypt", {"batch_input": []}, "missing-batch"),
        ("encrypt", {"batch_input": {}}, "missing-batch"),
        ("decrypt", {}, "missing-ciphertext"),
        ("decrypt", {"ciphertext": "x"}, "no-prefix"),
        ("sign", {}, "missing-input"),
        ("sign", {"input": HELLO, "salt_length": "hash"}, "unsupported-parameter"),
        ("sign", {"input": HELLO, "signature_algorithm": "rsa"}, "bad-parameter"),
        ("verify", {"input": HELLO}, "missing-signature"),
        ("verify", {"input": HELLO, "hmac": "vault:v1:A", "signature": "vault:v1:A"}, "missing-signature"),
        ("datakey", {}, "bad-parameter"),
    ],
)
def test_what_a_single_request_lacks_is_refused(verb, body, code):
    assert code_of(asked, verb, body) == code


def test_a_fault_in_a_batch_is_its_members_alone():
    batch = [
        {"plaintext": HELLO, "reference": "r1"},
        {"plaintext": "%"},
        7,
        {"plaintext": HELLO, "nonce": "AA=="},
    ]
    entered = asked("encrypt", {"batch_input": batch}).entered
    assert [one.fault for one in entered] == ["", "bad-base64", "bad-parameter", "unsupported-parameter"]
    assert entered[0].reference == "r1"
    assert asked("verify", {"batch_input": [{"input": HELLO, "hmac": "vault:v1:AAAA"}]}).verb == "check-mac"
    mixed = [{"input": HELLO, "hmac": "vault:v1:AA"}, {"input": HELLO, "signature": "vault:v1:AA"}]
    assert code_of(asked, "verify", {"batch_input": mixed}) == "missing-signature"


def test_members_written_as_text_are_read():
    assert number({"n": "12"}, "n", 0) == 12
    assert number({}, "n", 5) == number({"n": ""}, "n", 5) == 5
    for bad in ("x", "1.0", "9" * 40, 1.5, [], "²"):
        assert code_of(number, {"n": bad}, "n", 0) == "bad-parameter"
    assert flag({"f": "true"}, "f")
    assert not flag({"f": "0"}, "f")
    assert code_of(flag, {"f": "yes"}, "f") == "bad-parameter"
    assert text({"t": None}, "t", "x") == "x"
    assert code_of(text, {"t": []}, "t") == "bad-parameter"
