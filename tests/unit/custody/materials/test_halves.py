import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from custodes.custody.hierarchy import Scope
from custodes.custody.materials import halves
from custodes.custody.materials.kinds import PAIRED, RSA_BITS, KeyKind
from custodes.custody.message import Material
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

SCOPE = Scope(house="hse-a", customer="cus-a", key="key-a")
DRAWN = sorted(PAIRED - set(RSA_BITS))


def material(version=1, seed=3, scope=SCOPE):
    return Material(scope=scope, version=version, secret=SeededDice(seed).draw(32))


@pytest.mark.parametrize("kind", DRAWN)
def test_a_private_half_opens_where_it_was_put_and_nowhere_else(kind):
    private = halves.drawn(kind, SeededDice(1))
    kept = halves.at_rest(kind, private, material(), SeededDice(2))
    assert (
        halves.opened(kept, material()).private_numbers() == private.private_numbers()
        if (kind is not KeyKind.ED25519)
        else halves.opened(kept, material()).private_bytes_raw() == private.private_bytes_raw()
    )
    assert halves.kind_of(halves.public_half(kept)) is kind
    other = halves.at_rest(kind, halves.drawn(kind, SeededDice(9)), material(), SeededDice(2))
    for wrong, where in (
        (kept, material(version=2)),
        (kept, material(seed=4)),
        (kept, material(scope=Scope(house="hse-a", customer="cus-b", key="key-a"))),
        (kept, material(scope=Scope(house="hse-a", customer="cus-a", key="key-b"))),
        (halves.Halves(public=other.public, private=kept.private), material()),
    ):
        with pytest.raises(Refusal, match="wrap-mismatch"):
            halves.opened(wrong, where)


def test_rsa_primes_are_not_drawn_and_a_key_of_another_kind_is_not_kept():
    with pytest.raises(ValueError, match="rsa-2048"):
        halves.drawn(KeyKind.RSA_2048, SeededDice(1))
    for kind in (KeyKind.RSA_3072, KeyKind.ECDSA_P256):
        with pytest.raises(ValueError, match=kind):
            halves.at_rest(kind, rsa.generate_private_key(65_537, 2_048), material(), SeededDice(1))


def test_a_drawn_curve_key_lies_within_the_order():
    class Full:
        def draw(self, length_bytes):
            return b"\xff" * length_bytes

    for kind in (KeyKind.ECDSA_P256, KeyKind.ECDSA_P384, KeyKind.ECDSA_P521):
        number = halves.drawn(kind, Full()).private_numbers().private_value
        assert 1 <= number < halves._CURVES[kind][1]
        zero = type("Zero", (), {"draw": lambda self, length_bytes: bytes(length_bytes)})()
        assert halves.drawn(kind, zero).private_numbers().private_value == 1


def test_a_secret_of_another_length_lies_under_material_that_is_drawn_here():
    kept = halves.kept(b"s" * 64, material(), SeededDice(2))
    assert kept.public == b""
    assert halves.secret_elsewhere(kept, material()) == b"s" * 64
    assert halves.secret_elsewhere(halves.Halves(), material()) == material().secret
    private = halves.at_rest(
        KeyKind.ED25519, halves.drawn(KeyKind.ED25519, SeededDice(1)), material(), SeededDice(2)
    )
    beside = halves.Halves(public=private.public, private=kept.private)
    for wrong, where in ((kept, material(version=2)), (kept, material(seed=4)), (beside, material())):
        with pytest.raises(Refusal, match="wrap-mismatch"):
            halves.secret_elsewhere(wrong, where)


def test_what_is_none_of_ours_has_no_kind():
    assert halves.kind_of(ec.generate_private_key(ec.SECP256K1()).public_key()) is None
    assert halves.kind_of(rsa.generate_private_key(65_537, 1_024).public_key()) is None
    assert halves.kind_of(object()) is None
