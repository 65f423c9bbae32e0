import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.transit import importing

BODY = {"ciphertext": "AAAA", "type": "hmac", "hash_function": "SHA512", "allow_rotation": "true"}


def test_a_body_of_an_import():
    wanted = importing.incoming(BODY)
    assert (wanted.parcel, wanted.hash_name, wanted.kind) == (b"\0\0\0", "sha2-512", "hmac")
    assert wanted.is_rotated_here
    plain = importing.incoming({"ciphertext": "AAAA"})
    assert (plain.hash_name, plain.kind, plain.is_rotated_here) == ("sha2-256", "aes256-gcm96", False)
    assert "AAAA" not in repr(plain)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing-parcel"),
        ({"ciphertext": "%"}, "bad-base64"),
        ({"ciphertext": 7}, "bad-parameter"),
        *(
            ({**BODY, **more}, "unsupported-parameter")
            for more in (
                {"public_key": "PEM"},
                {"derived": True},
                {"exportable": True},
                {"allow_plaintext_backup": True},
                {"auto_rotate_period": "24h"},
                {"hash_function": "MD5"},
                {"version": 2},
            )
        ),
    ],
)
def test_what_has_no_meaning_here_is_refused(body, code):
    with pytest.raises(Refusal) as caught:
        importing.incoming(body)
    assert caught.value.code == code
