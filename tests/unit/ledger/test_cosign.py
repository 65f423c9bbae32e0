from datetime import datetime

import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, note
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.note import Vkey
from fakes.ledger import (
    AT,
    ORIGIN,
    ed25519,
    head,
    leaves,
    log_mldsa,
    log_signer,
    witness,
    witness_mldsa,
)

HEAD = head(leaves(5))
SIGNERS = [log_signer(), log_mldsa(), witness("w1.example"), witness_mldsa("w2.example")]
KEYS = [one.vkey for one in SIGNERS]


def refused(raw, keys=KEYS, origin=ORIGIN):
    with pytest.raises(Refusal) as caught:
        cosign.verify(raw, keys, origin)
    return caught.value.code


def test_all_four_lines_hold_and_tell_their_time():
    made = cosign.publish(HEAD, SIGNERS, AT)
    verified = cosign.verify(made.encode(), KEYS, ORIGIN)
    assert verified.checkpoint == HEAD
    time = int(AT.timestamp())
    assert [(line.sig_type, line.cosigned_at) for line in verified.lines] == [
        (1, None),
        (6, time),
        (4, time),
        (6, time),
    ]
    assert all(line.is_checked for line in verified.lines)


def test_the_messages_are_what_the_specification_says():
    made = cosign.publish(HEAD, SIGNERS, AT)
    time = int(AT.timestamp())
    message = f"cosignature/v1\ntime {time}\n{HEAD.text()}".encode()
    blob = made.signatures[2].blob
    ed25519("w1.example").public_key().verify(blob[8:], message)
    assert blob[:8] == time.to_bytes(8, "big")
    name, origin = b"w2.example", ORIGIN.encode()
    struct = b"subtree/v1\n\0" + bytes([10]) + name + time.to_bytes(8, "big") + bytes([len(origin)]) + origin
    struct += bytes(8) + (5).to_bytes(8, "big") + HEAD.root
    assert cosign.mldsa44_message("w2.example", HEAD, time) == struct
    assert len(made.signatures[3].blob) == 8 + 2420


def test_the_example_cosignature_of_the_specification_parses():
    raw = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlr"
        "DJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    ).encode()
    (line,) = note.parse(raw).signatures
    assert int.from_bytes(line.blob[:8], "big") == 1679315147


@pytest.mark.parametrize("which", range(4))
def test_a_flipped_bit_in_any_line_spoils_the_checkpoint(which):
    made = cosign.publish(HEAD, SIGNERS, AT)
    line = made.signatures[which]
    for at in [0, 7, 8, 40, len(line.blob) - 1]:
        blob = bytearray(line.blob)
        blob[at] ^= 1
        lines = list(made.signatures)
        lines[which] = note.Signature(name=line.name, key_id=line.key_id, blob=bytes(blob))
        assert refused(note.Note(text=made.text, signatures=tuple(lines)).encode()) == "bad-signature"


@pytest.mark.parametrize("blob", [b"x", b"x" * 8, b"\xff" * 72])
def test_a_short_or_impossible_cosignature_is_bad(blob):
    made = cosign.publish(HEAD, SIGNERS[:1], AT)
    key = KEYS[2]
    line = note.Signature(name=key.name, key_id=key.key_id, blob=blob)
    assert refused(made.with_signatures([line]).encode()) == "bad-signature"


def test_another_root_or_size_or_origin_is_not_what_was_signed():
    made = cosign.publish(HEAD, SIGNERS, AT)
    for other in (
        Checkpoint(origin=ORIGIN, size=5, root=b"r" * 32),
        Checkpoint(origin=ORIGIN, size=6, root=HEAD.root),
    ):
        assert refused(note.Note(text=other.text(), signatures=made.signatures).encode()) == "bad-signature"
    assert refused(made.encode(), origin="other.example") == "wrong-origin"


def test_the_log_itself_must_have_signed():
    only = cosign.publish(HEAD, SIGNERS[2:], AT).encode()
    assert refused(only) == "not-signed-by-log"
    assert refused(cosign.publish(HEAD, SIGNERS, AT).encode(), KEYS[2:]) == "not-signed-by-log"
    assert refused(cosign.publish(HEAD, SIGNERS, AT).encode(), []) == "no-known-signature"
    # a witness that bears the log's name does not stand in for the log
    impostor = witness(ORIGIN)
    made = cosign.publish(HEAD, [impostor], AT).encode()
    assert refused(made, [impostor.vkey]) == "not-signed-by-log"


def test_an_ed25519_log_key_cannot_pass_as_a_cosigner():
    public = log_signer().vkey.public
    as_witness = Vkey(name=ORIGIN, sig_type=4, public=public)
    made = cosign.publish(HEAD, SIGNERS[:1], AT)
    line = note.Signature(name=ORIGIN, key_id=as_witness.key_id, blob=bytes(8) + made.signatures[0].blob)
    assert refused(made.with_signatures([line]).encode(), [*KEYS, as_witness]) == "bad-signature"


def test_a_log_signs_only_its_own_origin():
    with pytest.raises(Refusal):
        log_signer("other.example").cosign(HEAD, AT)


def test_extension_lines_are_signed_by_ed25519():
    more = Checkpoint(origin=ORIGIN, size=5, root=HEAD.root, extensions=("x",))
    made = cosign.publish(more, SIGNERS, AT)
    assert cosign.verify(made.encode(), KEYS, ORIGIN).checkpoint.extensions == ("x",)
    plain = note.Note(text=HEAD.text(), signatures=made.signatures)
    assert refused(plain.encode()) == "bad-signature"


def test_size_zero():
    made = cosign.publish(head([]), SIGNERS, AT)
    assert cosign.verify(made.encode(), KEYS, ORIGIN).checkpoint.size == 0


def test_a_naive_time_is_a_bug():
    with pytest.raises(ValueError, match="naive"):
        cosign.posix(datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_private_key_is_in_no_repr():
    assert "Private" not in repr(log_signer()) + repr(witness("w"))
