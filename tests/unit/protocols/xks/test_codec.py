import json

import pytest

from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.xks.codec import decode, encode, said
from custodes.protocols.xks.messages import Decrypt, Decrypted, Encrypt, Encrypted, Operation
from fakes.clouds import ALICE, text
from fakes.clouds import said as metadata

SEAL = {
    "requestMetadata": metadata("Encrypt"),
    "plaintext": text(b"Hello World!"),
    "encryptionAlgorithm": "AES_GCM",
}
OPEN = {
    "requestMetadata": metadata("Decrypt"),
    "ciphertext": text(b"x" * 12),
    "encryptionAlgorithm": "AES_GCM",
    "initializationVector": text(bytes(12)),
    "authenticationTag": text(bytes(16)),
}


def refusal(operation, members):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    with pytest.raises(Refusal) as caught:
        said(operation, decode(operation, body))
    assert caught.value.kind is Kind.MALFORMED
    return caught.value.code, caught.value.facts.get("member")


def test_calls_are_read():
    sealing = decode(Operation.ENCRYPT, json.dumps(SEAL).encode())
    assert isinstance(sealing, Encrypt)
    assert (sealing.plaintext, sealing.additional_authenticated_data) == (b"Hello World!", b"")
    assert sealing.ciphertext_data_integrity_value_algorithm is None
    opening = decode(Operation.DECRYPT, json.dumps({**OPEN, "new": 1}).encode())
    assert isinstance(opening, Decrypt)
    told = said(Operation.DECRYPT, opening)
    assert (told.operation, told.principal, told.via) == ("Decrypt", ALICE, "ebs")


def test_answers_are_one_line():
    body = encode(
        Encrypted(
            ciphertext=b"c", ciphertext_metadata=b"m", initialization_vector=b"i", authentication_tag=b"t"
        )
    )
    assert b"\n" not in body
    assert set(json.loads(body)) == {
        "ciphertext", "ciphertextMetadata", "initializationVector", "authenticationTag",
    }  # fmt: skip
    assert encode(Decrypted(plaintext=b"\xff")) == b'{"plaintext":"/w=="}'


CIPHER = "encryptionAlgorithm"
IV, TAG, MARK = "initializationVector", "authenticationTag", "ciphertextMetadata"


@pytest.mark.parametrize(
    ("operation", "members", "code", "member"),
    [
        (Operation.HEALTH, {}, "call-malformed", "body"),
        (Operation.HEALTH, {"requestMetadata": {}}, "call-malformed", "kmsRequestId"),
        (Operation.METADATA, {"requestMetadata": {}}, "call-malformed", "awsPrincipalArn"),
        (Operation.ENCRYPT, b"", "call-malformed", "body"),
        (Operation.ENCRYPT, b"\xff", "call-malformed", "body"),
        (Operation.ENCRYPT, b"[" * 5000, "call-malformed", "body"),
        (Operation.ENCRYPT, b" " * 65_537, "call-unsupported", "body"),
        (Operation.ENCRYPT, {**SEAL, "plaintext": "*"}, "call-malformed", "body"),
        (Operation.ENCRYPT, {**SEAL, "plaintext": None}, "call-malformed", "body"),
        (Operation.ENCRYPT, {**SEAL, CIPHER: "AES_CBC"}, "call-malformed", CIPHER),
        (
            Operation.ENCRYPT,
            {**SEAL, "ciphertextDataIntegrityValueAlgorithm": "MD5"},
            "call-malformed",
            "ciphertextDataIntegrityValueAlgorithm",
        ),
        (
            Operation.ENCRYPT,
            {**SEAL, "additionalAuthenticatedData": text(bytes(8193))},
            "call-unsupported",
            "additionalAuthenticatedData",
        ),
        (Operation.ENCRYPT, {**SEAL, "plaintext": text(bytes(16_385))}, "call-unsupported", "plaintext"),
        (
            Operation.ENCRYPT,
            {**SEAL, "requestMetadata": metadata(awsPrincipalArn="a" * 2049)},
            "call-malformed",
            "awsPrincipalArn",
        ),
        (
            Operation.ENCRYPT,
            {**SEAL, "requestMetadata": metadata(kmsRequestId="\ud800")},
            "call-malformed",
            "body",
        ),
        (
            Operation.ENCRYPT,
            {**SEAL, "requestMetadata": metadata(kmsKeyArn=7)},
            "call-malformed",
            "kmsKeyArn",
        ),
        (Operation.DECRYPT, {**OPEN, IV: text(bytes(13))}, "call-malformed", IV),
        (Operation.DECRYPT, {**OPEN, TAG: text(bytes(12))}, "call-malformed", TAG),
        (Operation.DECRYPT, {**OPEN, MARK: text(bytes(21))}, "call-malformed", MARK),
    ],
)  # fmt: skip
def test_what_is_not_a_call(operation, members, code, member):
    assert refusal(operation, members) == (code, member)


def test_a_name_that_comes_later_is_kept_as_far_as_it_is_a_short_text():
    given = {**SEAL, "requestMetadata": metadata("New", sourceIdentity="x", tags={"a": 1}, long="y" * 100)}
    told = said(Operation.ENCRYPT, decode(Operation.ENCRYPT, json.dumps(given).encode()))
    assert told.operation == "New"
    assert told.more == (("sourceIdentity", "x"),)
