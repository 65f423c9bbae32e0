"""What a veil hides, sealed to seal auditors: any k of n open it together, fewer learn nothing.

    day key   D, 32 bytes; the veil's inside (`ledger.veil.inside`) is wrapped under it
    shares    Shamir over GF(256) (polynomial x^8+x^4+x^3+x+1), one for each auditor, at x = his place from 1
    each share is wrapped under HKDF-SHA-512 of an X25519 agreement (RFC 7748) between a key of its own and
    the auditor's; the context names house, customer, day and place, so a share serves one day only

D, the polynomial and the agreement keys follow from a secret of the house, from what is sealed and from the
auditors: the same veil is sealed to the same bytes each time, and nothing has to be stored. The veil's first
item holds the document's SHA-256 (docs/formats/log.md), so nobody can be given another one later.
Format: docs/formats/veil-seal.md.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from custodes.kernel import canonical
from custodes.kernel.papers import SealAuditor
from custodes.kernel.refusal import conflict, malformed, unauthenticated

from . import wrap as wraps
from .wrap import KEY_BYTES, Context, Purpose

FORMAT: Final = "custodes.veil-seal/v1"
SHARE_FORMAT: Final = "custodes.veil-share/v1"
AUDITORS_MAX = 16
T = TypeVar("T", "VeilSeal", "VeilShare")
SEAL_BYTES_MAX = 8 * 1_048_576
_AGREED = b"custodes.veil-seal-agreement/v1\n"
_SEALING_KEY = b"custodes.file-key-x25519/v1\n"


class SealedShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One auditor's share at rest: his place, his key, the agreement's key, the wrap."""

    place: int
    auditor: SealAuditor
    ephemeral: bytes
    wrapped: bytes


class VeilSeal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document; the veil's first item holds its SHA-256."""

    format: Literal["custodes.veil-seal/v1"] = FORMAT
    house: str
    customer: str
    day: str
    k: int
    shares: tuple[SealedShare, ...]
    sealed: bytes

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


class VeilShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one auditor contributes for one day."""

    format: Literal["custodes.veil-share/v1"] = SHARE_FORMAT
    customer: str
    day: str
    place: int
    share: bytes

    def __repr__(self) -> str:
        return f"VeilShare(day={self.day!r}, place={self.place})"

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


class _Following:
    """Dice that follow from a secret: HMAC-SHA-256 in counter mode over what is sealed."""

    def __init__(self, secret: bytes, about: bytes) -> None:
        self._secret, self._about, self._n = secret, about, 0

    def draw(self, length_bytes: int) -> bytes:
        out = bytearray()
        while len(out) < length_bytes:
            self._n += 1
            out += hmac.digest(self._secret, self._n.to_bytes(8, "big") + self._about, "sha256")
        return bytes(out[:length_bytes])


def sealing_key(seed: bytes) -> X25519PrivateKey:
    """The X25519 key that grows from the seed of a file key."""
    return X25519PrivateKey.from_private_bytes(wraps.hkdf_sha512(seed, b"", _SEALING_KEY)[:KEY_BYTES])


def check_auditors(auditors: Sequence[SealAuditor], k: int) -> None:
    """`bad-seal-auditors` (malformed) unless k of them are distinct keys of at least two organisations."""
    publics = {one.public for one in auditors}
    is_sane = 2 <= k <= len(auditors) <= AUDITORS_MAX and len(publics) == len(auditors)
    named = all(one.name and one.organisation and len(one.public) == KEY_BYTES for one in auditors)
    if not is_sane or not named or len({one.organisation for one in auditors}) < 2:
        raise malformed("bad-seal-auditors")


def seal(
    secret: bytes, about: tuple[str, str, str], inside: bytes, auditors: Sequence[SealAuditor], k: int
) -> VeilSeal:
    """Seal a veil's inside of `about` = (house, customer, day); `bad-seal-auditors` (malformed)."""
    check_auditors(auditors, k)
    house, customer, day = about
    named = [[one.name, one.organisation, canonical.b64(one.public)] for one in auditors]
    what = hashlib.sha256(inside).hexdigest()
    whole = canonical.encode([FORMAT, house, customer, day, what, k, named])
    dice = _Following(secret, whole)
    key = dice.draw(KEY_BYTES)
    polynomial = [key, *(dice.draw(KEY_BYTES) for _ in range(k - 1))]
    shares = []
    for place, auditor in enumerate(auditors, 1):
        own = X25519PrivateKey.from_private_bytes(dice.draw(KEY_BYTES))
        kek = _agreed(own, auditor.public, own.public_key().public_bytes_raw())
        context = _context(about, f"share/{place}")
        wrapped = wraps.wrap(kek, context, _at(polynomial, place), dice)
        ephemeral = own.public_key().public_bytes_raw()
        shares.append(SealedShare(place=place, auditor=auditor, ephemeral=ephemeral, wrapped=wrapped))
    return VeilSeal(
        house=house,
        customer=customer,
        day=day,
        k=k,
        shares=tuple(shares),
        sealed=wraps.wrap(key, _context(about, "inside"), inside, dice),
    )


def share_of(document: VeilSeal, private: X25519PrivateKey) -> VeilShare:
    """One auditor's share, by his own key; `not-an-auditor` (unauthenticated), `wrap-mismatch`."""
    public = private.public_key().public_bytes_raw()
    mine = next((one for one in document.shares if one.auditor.public == public), None)
    if mine is None:
        raise unauthenticated("not-an-auditor")
    about = (document.house, document.customer, document.day)
    kek = _agreed(private, mine.ephemeral, mine.ephemeral)
    share = wraps.unwrap(kek, _context(about, f"share/{mine.place}"), mine.wrapped)
    return VeilShare(customer=document.customer, day=document.day, place=mine.place, share=share)


def open_with(document: VeilSeal, shares: Sequence[VeilShare]) -> bytes:
    """The veil's inside, by k shares; `shares-too-few` (conflict), `share-of-another` (malformed)."""
    given: Mapping[int, bytes] = {one.place: one.share for one in shares}
    about = (document.house, document.customer, document.day)
    same = all((one.customer, one.day) == about[1:] for one in shares)
    if not same or any(len(one.share) != KEY_BYTES for one in shares):
        raise malformed("share-of-another")
    if len(given) < document.k:
        raise conflict("shares-too-few", need=document.k, have=len(given))
    key = _combined(dict(sorted(given.items())[: document.k]))
    return wraps.unwrap(key, _context(about, "inside"), document.sealed)


def parse(raw: bytes) -> VeilSeal:
    """Strict inverse of `VeilSeal.encode` (`bad-veil-seal`)."""
    return _decoded(raw, VeilSeal, "bad-veil-seal")


def parse_share(raw: bytes) -> VeilShare:
    """Strict inverse of `VeilShare.encode` (`bad-veil-share`)."""
    return _decoded(raw, VeilShare, "bad-veil-share")


def _decoded(raw: bytes, kind: type[T], code: str) -> T:
    try:
        if len(raw) > SEAL_BYTES_MAX:
            raise malformed(code)
        found = msgspec.json.decode(raw, type=kind)
        same = found.encode() == raw
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise malformed(code) from error
    if not same:
        raise malformed(code)
    return found


def _agreed(private: X25519PrivateKey, public: bytes, ephemeral: bytes) -> bytes:
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise malformed("bad-seal-auditors") from error
    return wraps.hkdf_sha512(shared, ephemeral, _AGREED)[:KEY_BYTES]


def _context(about: tuple[str, str, str], subject: str) -> Context:
    house, customer, day = about
    return Context(
        house=house, customer=customer, key="", version=0, purpose=Purpose.VEIL, subject=f"{day}/{subject}"
    )


def _at(polynomial: Sequence[bytes], x: int) -> bytes:
    """The polynomial's value at x, byte by byte (Horner)."""
    value = bytearray(KEY_BYTES)
    for coefficient in reversed(polynomial):
        value = bytearray(_times(byte, x) ^ other for byte, other in zip(value, coefficient, strict=True))
    return bytes(value)


def _combined(shares: Mapping[int, bytes]) -> bytes:
    """The value at 0 (Lagrange)."""
    whole = bytearray(KEY_BYTES)
    for x, share in shares.items():
        weight = 1
        for other in shares:
            if other != x:
                weight = _times(weight, _times(other, _inverse(other ^ x)))
        whole = bytearray(kept ^ _times(byte, weight) for kept, byte in zip(whole, share, strict=True))
    return bytes(whole)


def _times(a: int, b: int) -> int:
    """Product in GF(256), in the same steps whatever the factors are."""
    product = 0
    for _ in range(8):
        product ^= a & -(b & 1)
        a = (a << 1) ^ (0x11B & -(a >> 7))
        b >>= 1
    return product


def _inverse(a: int) -> int:
    """a to the 254th power."""
    result, power = 1, a
    for bit in range(8):
        if 254 >> bit & 1:
            result = _times(result, power)
        power = _times(power, power)
    return result
