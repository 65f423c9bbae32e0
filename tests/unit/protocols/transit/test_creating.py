import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.transit.creating import minimum, new_key


def test_kind_and_derivation_are_read():
    assert (new_key({}).kind, new_key({}).is_derived) == ("aes256-gcm96", False)
    made = new_key({"type": "rsa-4096", "exportable": False, "auto_rotate_period": "0"})
    assert made.kind == "rsa-4096"
    assert new_key({"derived": "true", "key_size": 32}).is_derived


@pytest.mark.parametrize(
    "body",
    [
        {"exportable": True},
        {"allow_plaintext_backup": "true"},
        {"convergent_encryption": True, "derived": True},
        {"auto_rotate_period": "24h"},
        {"managed_key_name": "hsm"},
        {"key_size": 64},
    ],
)
def test_what_would_let_a_key_out_or_has_no_meaning_is_refused(body):
    with pytest.raises(Refusal, match="unsupported-parameter"):
        new_key(body)


def test_the_minimum_is_one_of_the_versions():
    assert minimum({}, 3) is None
    assert minimum({"min_decryption_version": 2}, 3) == 2
    assert minimum({"min_encryption_version": 0, "min_decryption_version": "3"}, 3) == 3
    for body, code in (
        ({"min_decryption_version": 4}, "bad-parameter"),
        ({"min_encryption_version": 1}, "unsupported-parameter"),
        ({"deletion_allowed": True}, "unsupported-parameter"),
    ):
        with pytest.raises(Refusal, match=code):
            minimum(body, 3)
