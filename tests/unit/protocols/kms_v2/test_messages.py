"""The messages against protobuf's own runtime, which is given the interface's fields as a descriptor."""

import contextlib

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.protocols.kms_v2 import messages

BYTES, TEXT = 12, 9
FIELDS = {
    "StatusResponse": (("version", 1, TEXT), ("healthz", 2, TEXT), ("key_id", 3, TEXT)),
    "EncryptRequest": (("plaintext", 1, BYTES), ("uid", 2, TEXT)),
    "EncryptResponse": (("ciphertext", 1, BYTES), ("key_id", 2, TEXT)),
    "DecryptRequest": (("ciphertext", 1, BYTES), ("uid", 2, TEXT), ("key_id", 3, TEXT), ("odd", 9, 4)),
    "DecryptResponse": (("plaintext", 1, BYTES),),
}


def _types():
    file = descriptor_pb2.FileDescriptorProto(name="kms_v2_of_the_tests.proto", package="v2", syntax="proto3")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            message.field.add(name=field, number=number, type=kind, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"v2.{n}")) for n in FIELDS}


TYPES = _types()
PRINTABLE = st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=80)


@settings(max_examples=50)
@given(st.binary(max_size=300), PRINTABLE, PRINTABLE)
def test_requests_are_read_as_protobuf_writes_them(raw, uid, key_id):
    sent = TYPES["EncryptRequest"](plaintext=raw, uid=uid).SerializeToString()
    assert messages.to_encrypt(sent) == messages.ToEncrypt(plaintext=raw, uid=uid)
    sent = TYPES["DecryptRequest"](ciphertext=raw, uid=uid, key_id=key_id, odd=7).SerializeToString()
    assert messages.to_decrypt(sent) == messages.ToDecrypt(ciphertext=raw, uid=uid, key_id=key_id)


@settings(max_examples=50)
@given(st.binary(max_size=300), PRINTABLE)
def test_answers_are_what_protobuf_reads(raw, key_id):
    found = TYPES["EncryptResponse"].FromString(messages.encrypted(raw, key_id))
    assert (found.ciphertext, found.key_id) == (raw, key_id)
    assert TYPES["DecryptResponse"].FromString(messages.decrypted(raw)).plaintext == raw
    found = TYPES["StatusResponse"].FromString(messages.status("ok", key_id))
    assert (found.version, found.healthz, found.key_id) == ("v2", "ok", key_id)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_nothing_a_stranger_sends_is_more_than_refused(raw):
    for read in (messages.to_encrypt, messages.to_decrypt):
        with contextlib.suppress(Refusal):  # and nothing but a refusal
            assert isinstance(read(raw).uid, str)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x0a\x05abc",  # shorter than it says
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # a length of 2^63
        b"\xff" * 11,  # a number without end
        b"\x0b",  # a group
        b"\x02\x00",  # field 0
        b"\x12\x02\xff\xfe",  # no UTF-8
        b"\x12\x01\n",  # a line break in an id
        b"\x12\x81\x01" + b"u" * 129,
        bytes(messages.MESSAGE_BYTES_MAX + 1),
    ],
)
def test_what_is_no_message_is_refused(raw):
    with pytest.raises(Refusal, match="bad-kms-message"):
        messages.to_encrypt(raw)


def test_a_key_id_names_a_version_of_one_key():
    assert messages.version_of(messages.key_id_of("key-a", 12), "key-a") == 12
    for odd in (
        "key-b/1",
        "key-a",
        "key-a/",
        "key-a/x",
        "key-a/-1",
        "key-a/1/2",
        "key-a/²",
        "",
        "key-a/" + "9" * 10,
    ):
        with pytest.raises(Refusal, match="other-kms-key"):
            messages.version_of(odd, "key-a")
