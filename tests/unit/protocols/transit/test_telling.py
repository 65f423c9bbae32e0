import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from custodes.custody.materials.halves import drawn
from custodes.custody.materials.kinds import KeyKind
from custodes.kernel.refusal import Refusal
from custodes.protocols.transit import telling
from custodes.protocols.transit.asking import asked
from custodes.protocols.transit.messages import Outcome
from fakes import SeededDice

HELLO = "aGVsbG8="


def test_an_answer_has_the_members_tools_look_for():
    made = telling.envelope("req-1", {"a": 1}, ("mind",))
    assert (made["request_id"], made["data"], made["warnings"], made["auth"]) == (
        "req-1",
        {"a": 1},
        ["mind"],
        None,
    )


def test_a_single_outcome():
    sealed = telling.told(asked("encrypt", {"plaintext": HELLO}), [Outcome(body=b"x", version=2)])
    assert sealed == (200, {"ciphertext": "vault:v2:eA==", "key_version": 2})
    opened = telling.told(
        asked("decrypt", {"ciphertext": "vault:v1:eA=="}), [Outcome(body=b"hello", version=1)]
    )
    assert opened == (200, {"plaintext": HELLO})
    plain = telling.told(asked("datakey", {}, more="plaintext"), [Outcome(body=b"x", plain=b"k", version=1)])
    assert plain[1]["plaintext"] == "aw=="
    assert "plaintext" not in telling.told(asked("datakey", {}, more="wrapped"), [Outcome(body=b"x")])[1]
    jws = asked("sign", {"input": HELLO, "marshaling_algorithm": "jws"})
    assert telling.told(jws, [Outcome(body=b"\xff\xfe", version=1)])[1]["signature"] == "vault:v1:__4"
    assert telling.told(asked("mac", {"input": HELLO}), [Outcome(body=b"x", version=3)])[1] == {
        "hmac": "vault:v3:eA=="
    }
    with pytest.raises(Refusal, match="ciphertext-mismatch"):
        telling.told(
            asked("decrypt", {"ciphertext": "vault:v1:eA=="}), [Outcome(fault="ciphertext-mismatch")]
        )


def test_a_batch_keeps_places_and_says_that_something_failed():
    batch = {
        "batch_input": [
            {"ciphertext": "x", "reference": "a"},
            {"ciphertext": "vault:v1:eA==", "reference": "b"},
        ]
    }
    wanted = asked("decrypt", batch)
    status, data = telling.told(wanted, [Outcome(body=b"hello", version=1)])
    assert status == 400
    assert data["batch_results"] == [
        {"plaintext": "", "error": "invalid ciphertext: no prefix", "reference": "a"},
        {"plaintext": HELLO, "reference": "b"},
    ]
    checks = {"batch_input": [{"input": HELLO, "hmac": "vault:v1:eA=="}]}
    assert telling.told(asked("verify", checks), [Outcome(is_valid=True)]) == (
        200,
        {"batch_results": [{"valid": True, "reference": ""}]},
    )


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.ECDSA_P256])
def test_a_key_shows_its_public_half_and_only_versions_that_open(kind):
    public = drawn(kind, SeededDice(1)).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    born = "2026-11-22T08:00:00Z"
    made = telling.key("k", kind.value, [(1, born, der), (2, born, der)], 2, {"derived": False})
    assert list(made["keys"]) == ["2"]
    shown = made["keys"]["2"]["public_key"]
    if kind is KeyKind.ED25519:
        assert len(shown) == 44
    else:
        assert load_pem_public_key(shown.encode()) == public
    assert telling.key("k", "aes256-gcm96", [(1, born, b"")], 1, {})["keys"] == {"1": 1795334400}
