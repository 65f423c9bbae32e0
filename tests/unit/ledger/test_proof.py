import pytest

from custodes.kernel.canonical import b64
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, merkle, proof
from custodes.ledger.proof import TlogProof
from fakes.ledger import AT, ORIGIN, head, leaves, log_signer, witness

HASHES = leaves(11)
SIGNERS = [log_signer(), witness("w")]
KEYS = [one.vkey for one in SIGNERS]
NOTE = cosign.publish(head(HASHES), SIGNERS, AT).encode()


def made(index=4, extra=None):
    path = merkle.inclusion_proof(merkle.reader_of(HASHES), index, 11)
    return TlogProof(index=index, path=tuple(path), checkpoint=NOTE, extra=extra)


@pytest.mark.parametrize("extra", [None, b"", b"salt"])
def test_both_ways(extra):
    assert proof.parse(made(extra=extra).encode()) == made(extra=extra)


def test_it_proves_its_leaf_and_no_other():
    for index, leaf in enumerate(HASHES):
        verified = proof.verify(made(index), leaf, KEYS, ORIGIN)
        assert verified.checkpoint.size == 11
        for bad, wrong in ((made(index), HASHES[index - 1]), (made((index + 1) % 11), leaf)):
            with pytest.raises(Refusal) as caught:
                proof.verify(bad, wrong, KEYS, ORIGIN)
            assert caught.value.code == "not-included"


def test_a_checkpoint_of_one_leaf_has_no_path():
    note = cosign.publish(head(HASHES[:1]), SIGNERS, AT).encode()
    one = TlogProof(index=0, path=(), checkpoint=note)
    assert proof.parse(one.encode()) == one
    assert proof.verify(one, HASHES[0], KEYS, ORIGIN).checkpoint.size == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 00\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex -1\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nextra A\nindex 0\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + (b64(bytes(32)).encode() + b"\n") * 64 + b"\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\r\nindex 0\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 0\n\xe4\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nextra " + b"A" * 200_000 + b"\nindex 0\n\n" + NOTE,
    ],
)
def test_another_form_is_refused(raw):
    with pytest.raises(Refusal) as caught:
        proof.parse(raw)
    assert caught.value.code == "bad-proof"


def test_the_checkpoint_is_checked_too():
    with pytest.raises(Refusal) as caught:
        proof.verify(made(), HASHES[4], KEYS[1:], ORIGIN)
    assert caught.value.code == "not-signed-by-log"
