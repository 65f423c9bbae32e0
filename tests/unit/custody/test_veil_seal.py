import itertools

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from custodes.custody import veil_seal
from custodes.kernel.papers import SealAuditor
from custodes.kernel.refusal import Refusal
from custodes.ledger import veil
from custodes.ledger.veil import Withheld
from fakes import SeededDice

ABOUT = ("hse-1", "cus-1", "2026-11-22")
HIDDEN = Withheld(log="hse-1/withheld", index=7, leaf=b"\x01" + bytes(32))
DRAFT = veil.make("cus-1", "2026-11-22", [HIDDEN], SeededDice(1))
VEIL = veil.inside(DRAFT.opening)


def auditors(count):
    keys = [veil_seal.sealing_key(bytes([n]) * 32) for n in range(count)]
    named = [
        SealAuditor(name=f"a{n}", organisation=f"org-{n % 2}", public=key.public_key().public_bytes_raw())
        for n, key in enumerate(keys)
    ]
    return keys, named


@pytest.mark.parametrize(("k", "n"), [(2, 2), (2, 5), (3, 5), (5, 5)])
def test_any_k_open_it_and_fewer_do_not(k, n):
    keys, named = auditors(n)
    sealed = veil_seal.parse(veil_seal.seal(b"secret", ABOUT, VEIL, named, k).encode())
    shares = [veil_seal.share_of(sealed, key) for key in keys]
    for some in itertools.combinations(shares, k):
        whole = veil.rejoined(veil.disclose(DRAFT.opening, ()), veil_seal.open_with(sealed, some[::-1]))
        lifted = veil.lift(DRAFT.leaf, whole)
        assert (lifted.withheld, lifted.closed) == ((HIDDEN,), 0)
    with pytest.raises(Refusal, match="shares-too-few"):
        veil_seal.open_with(sealed, shares[: k - 1])
    with pytest.raises(Refusal, match="shares-too-few"):
        veil_seal.open_with(sealed, [shares[0]] * k)


def test_the_same_veil_is_sealed_to_the_same_bytes_and_another_to_others():
    _, named = auditors(3)
    first = veil_seal.seal(b"secret", ABOUT, VEIL, named, 2)
    assert veil_seal.seal(b"secret", ABOUT, VEIL, named, 2) == first
    for other in (
        veil_seal.seal(b"another", ABOUT, VEIL, named, 2),
        veil_seal.seal(b"secret", (*ABOUT[:2], "2026-11-23"), VEIL, named, 2),
        veil_seal.seal(b"secret", ABOUT, VEIL, named, 3),
        veil_seal.seal(b"secret", ABOUT, VEIL, named[::-1], 2),
    ):
        assert not {one.ephemeral for one in other.shares} & {one.ephemeral for one in first.shares}
        assert other.sealed != first.sealed


def test_nobody_else_has_a_share_and_a_share_serves_one_day():
    keys, named = auditors(3)
    sealed = veil_seal.seal(b"secret", ABOUT, VEIL, named, 2)
    with pytest.raises(Refusal, match="not-an-auditor"):
        veil_seal.share_of(sealed, X25519PrivateKey.generate())
    other = veil_seal.seal(b"secret", (*ABOUT[:2], "2026-11-23"), VEIL, named, 2)
    mixed = [veil_seal.share_of(sealed, keys[0]), veil_seal.share_of(other, keys[1])]
    with pytest.raises(Refusal, match="share-of-another"):
        veil_seal.open_with(sealed, mixed)
    moved = msgspec.structs.replace(other, day=ABOUT[2])
    with pytest.raises(Refusal, match="wrap-mismatch"):
        veil_seal.share_of(moved, keys[0])
    bent = msgspec.structs.replace(mixed[0], share=bytes(32))
    with pytest.raises(Refusal, match="wrap-mismatch"):
        veil_seal.open_with(sealed, [bent, veil_seal.share_of(sealed, keys[1])])


@pytest.mark.parametrize("wrong", [(1, 3), (4, 3), (2, 1), (2, 17)])
def test_too_few_or_too_many(wrong):
    k, n = wrong
    with pytest.raises(Refusal, match="bad-seal-auditors"):
        veil_seal.check_auditors(auditors(n)[1], k)


def test_auditors_of_one_organisation_or_with_one_key():
    _, named = auditors(3)
    one = [msgspec.structs.replace(each, organisation="org") for each in named]
    same = [named[0], msgspec.structs.replace(named[1], public=named[0].public), named[2]]
    for bad in (one, same, [msgspec.structs.replace(named[0], name=""), *named[1:]]):
        with pytest.raises(Refusal, match="bad-seal-auditors"):
            veil_seal.check_auditors(bad, 2)
    zero = [msgspec.structs.replace(named[0], public=bytes(32)), *named[1:]]
    with pytest.raises(Refusal, match="bad-seal-auditors"):
        veil_seal.seal(b"s", ABOUT, VEIL, zero, 2)


def test_shares_of_the_field_agree_with_a_second_computation():
    """GF(256) by logarithms, as textbooks do it."""
    exp, log, value = [0] * 255, {}, 1
    for power in range(255):
        exp[power], log[value] = value, power
        value ^= (value << 1) ^ (0x11B if value & 0x80 else 0)
        value &= 0xFF
    for a, b in itertools.product(range(0, 256, 7), range(0, 256, 5)):
        wanted = exp[(log[a] + log[b]) % 255] if a and b else 0
        assert veil_seal._times(a, b) == wanted
    assert all(veil_seal._times(a, veil_seal._inverse(a)) == 1 for a in range(1, 256))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]"])
def test_one_spelling(raw):
    for read, code in ((veil_seal.parse, "bad-veil-seal"), (veil_seal.parse_share, "bad-veil-share")):
        with pytest.raises(Refusal, match=code):
            read(raw)
    keys, named = auditors(2)
    sealed = veil_seal.seal(b"secret", ABOUT, VEIL, named, 2)
    share = veil_seal.share_of(sealed, keys[0])
    assert veil_seal.parse_share(share.encode()) == share
    assert "share=" not in repr(share)
    with pytest.raises(Refusal, match="bad-veil-seal"):
        veil_seal.parse(sealed.encode() + b" ")
