import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP

from custodes.acts.benching.bench import Job
from custodes.acts.benching.direct import Direct, done
from custodes.custody.materials.halves import read
from custodes.custody.materials.signing import How, verify
from custodes.kernel.refusal import Refusal


@pytest.fixture(scope="module")
def private():
    return Direct().born(2_048)


def sealed(private, message):
    oaep = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return read(private).public_key().encrypt(message, oaep)


def test_what_was_sealed_for_it_opens_and_nothing_else(private):
    how = How(hash_name="sha2-256")
    job = Job(verb="unseal", private=private, body=sealed(private, b"a key"), how=how)
    assert done(job).body == b"a key"
    assert (
        done(Job(verb="unseal", private=private, body=b"\0" * 256, how=how)).refused == "ciphertext-mismatch"
    )
    with pytest.raises(Refusal, match="ciphertext-mismatch"):
        Direct().unseal(private, "sha2-256", b"")


def test_a_signature_holds(private):
    how = How()
    signature = done(Job(verb="sign", private=private, body=b"m", how=how)).body
    assert verify(read(private).public_key(), b"m", signature, how)
    bad = How(is_hashed=True)
    assert done(Job(verb="sign", private=private, body=b"m", how=bad)).refused == "bad-digest"


def test_no_private_half_is_shown(private):
    job = Job(verb="sign", private=private, body=b"plain words")
    assert "plain" not in repr(job)
    assert "private" not in repr(job)
    assert "body" not in repr(done(job))
