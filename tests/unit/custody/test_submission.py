"""How a share travels: only to the keyroom of the card, only in this attempt."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from custodes.custody import submission
from custodes.custody.submission import Card
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal

SEED = bytes(range(32))
NAMING = ("hse-a", "ab" * 16, 3, "act-1")
CARD = Card(
    custodian="C",
    generation=3,
    holder="ab" * 16,
    organisation="O",
    submission=canonical.b64(Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()),
)


def code_of(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code


@pytest.fixture
def key():
    return X25519PrivateKey.generate()


def test_words_arrive(key):
    offer = submission.make_offer(NAMING, key, SEED)
    submission.check_offer(offer, CARD)
    assert submission.unseal(offer, key, submission.seal(offer, "a b c")) == "a b c"


def test_a_plane_that_offers_its_own_key_is_seen(key):
    offer = submission.make_offer(NAMING, key, SEED)
    own = canonical.b64(X25519PrivateKey.generate().public_key().public_bytes_raw())
    for forged in (
        msgspec.structs.replace(offer, public=own),
        msgspec.structs.replace(offer, attempt="act-2"),
        msgspec.structs.replace(offer, signature=""),
        submission.make_offer(NAMING, key, bytes(32)),
        submission.make_offer(("hse-a", "cd" * 16, 3, "act-1"), key, SEED),
    ):
        assert code_of(submission.check_offer, forged, CARD) == "offer-forged"


def test_a_card_of_an_older_generation_is_named_as_such(key):
    assert code_of(
        submission.check_offer, submission.make_offer(("hse-a", "ab" * 16, 4, "act-1"), key, SEED), CARD
    ) == ("card-older")


def test_a_share_opens_in_its_attempt_only(key):
    offer = submission.make_offer(NAMING, key, SEED)
    sealed = submission.seal(offer, "a b c")
    later = submission.make_offer(("hse-a", "ab" * 16, 3, "act-2"), key, SEED)
    assert code_of(submission.unseal, later, key, sealed) == "share-wrong"
    assert code_of(submission.unseal, offer, X25519PrivateKey.generate(), sealed) == "share-wrong"
    for broken in (b"", sealed[:-1], bytes(60), bytes([sealed[0] ^ 1]) + sealed[1:], bytes(5_000)):
        assert code_of(submission.unseal, offer, key, broken) == "share-wrong"


def test_what_is_signed_names_attempt_and_bytes(key):
    offer = submission.make_offer(NAMING, key, SEED)
    documents = {
        submission.give_document(offer, b"1"),
        submission.give_document(offer, b"2"),
        submission.give_document(msgspec.structs.replace(offer, attempt="act-2"), b"1"),
        submission.cancel_document(offer),
    }
    assert len(documents) == 4
