"""What is done to one item once its use is admitted; runs without waiting, in a thread where it is slow."""

import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from custodes.acts.benching.bench import Halver
from custodes.custody.keys import Key, Origin
from custodes.custody.materials import sealing, signing
from custodes.custody.materials.halves import Halves, PrivateHalf, public_half, secret_elsewhere, secret_of
from custodes.custody.materials.kinds import RSA_BITS, KeyKind
from custodes.custody.materials.sealing import Bound
from custodes.custody.message import Material
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.transit.messages import How, Item, Outcome


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """An item with the versions it needs, in the order of its verb's uses; or the fault that spares them."""

    item: Item
    versions: tuple[int, ...]
    fault: str = ""


class Doing:
    """The materials opened for one admission; `halver` does what takes an RSA private half, `privates` are
    the others that sign.
    """

    def __init__(
        self,
        key: Key,
        opened: tuple[Mapping[int, Material], Mapping[int, PrivateHalf]],
        how: How,
        ports: tuple[Dice, Halver],
    ) -> None:
        self.key = key
        self.materials, self.privates = opened
        self.how = how
        self.dice, self.halver = ports
        self._bounds: dict[tuple[int, bytes, bytes], bytes] = {}

    def __repr__(self) -> str:
        return "Doing(...)"

    @property
    def is_rsa(self) -> bool:
        """Whether its pair is one of RSA."""
        return self.key.kind in RSA_BITS

    @property
    def way(self) -> signing.How:
        """How signatures are made."""
        how = self.how
        return signing.How(hash_name=how.hash_name, scheme=how.scheme, form=how.form, is_hashed=how.is_hashed)

    def halves(self, version: int) -> Halves:
        """The pair of a version."""
        return next(one.halves for one in self.key.versions if one.n == version)

    def seal(self, version: int, item: Item, plaintext: bytes) -> bytes:
        """Encrypt under a version."""
        if self.is_rsa:
            public = cast("RSAPublicKey", public_half(self.halves(version)))
            return sealing.oaep_seal(public, self.how.hash_name, plaintext)
        return sealing.seal_in(self.materials[version], self._bound(version, item), plaintext, self.dice)

    def unseal(self, version: int, item: Item) -> bytes:
        """Decrypt under a version."""
        if self.is_rsa:
            private = secret_of(self.halves(version), self.materials[version])
            return self.halver.unseal(private, self.how.hash_name, item.body)
        try:
            return sealing.unseal_in(self.materials[version], self._bound(version, item), item.body)
        except Refusal:
            if item.context or not self._is_imported(version):
                raise
        return sealing.unseal_elsewhere(self._elsewhere(version), item.associated, item.body)

    def code(self, version: int, message: bytes) -> bytes:
        """A message code. Of a key for codes that came in they are those it made elsewhere."""
        if self.key.kind is KeyKind.HMAC and self._is_imported(version):
            return signing.mac_elsewhere(self._elsewhere(version), self.how.hash_name, message)
        return signing.mac(self.materials[version], self.how.hash_name, message)

    def _elsewhere(self, version: int) -> bytes:
        return secret_elsewhere(self.halves(version), self.materials[version])

    def _is_imported(self, version: int) -> bool:
        return next(one.origin for one in self.key.versions if one.n == version) is Origin.IMPORTED

    def _bound(self, version: int, item: Item) -> bytes:
        """What an item is bound to; the same for most of a batch, so it is worked out once."""
        at = (version, item.context, item.associated)
        found = self._bounds.get(at)
        if found is None:
            bound = Bound(context=item.context, associated=item.associated)
            found = self._bounds[at] = sealing.bound_in(self.materials[version], bound)
        return found


def work_of(verb: str, doing: Doing, work: Work) -> Outcome:
    """One item; a refusal of the caller's making is its fault alone, anything broken is ours."""
    if work.fault:
        return Outcome(fault=work.fault)
    try:
        return _DO[verb](doing, work)
    except Refusal as refusal:
        if refusal.kind is not Kind.MALFORMED:
            raise
        return Outcome(fault=refusal.code)


def _encrypt(doing: Doing, work: Work) -> Outcome:
    (version,) = work.versions
    return Outcome(body=doing.seal(version, work.item, work.item.body), version=version)


def _decrypt(doing: Doing, work: Work) -> Outcome:
    (version,) = work.versions
    return Outcome(body=doing.unseal(version, work.item), version=version)


def _rewrap(doing: Doing, work: Work) -> Outcome:
    old, new = work.versions
    plaintext = doing.unseal(old, work.item)
    return Outcome(body=doing.seal(new, work.item, plaintext), version=new)


def _datakey(doing: Doing, work: Work) -> Outcome:
    (version,) = work.versions
    fresh = doing.dice.draw(doing.how.bits // 8)
    body = doing.seal(version, work.item, fresh)
    return Outcome(body=body, plain=fresh if doing.how.wants_plain else b"", version=version)


def _sign(doing: Doing, work: Work) -> Outcome:
    (version,) = work.versions
    if doing.is_rsa:
        secret = secret_of(doing.halves(version), doing.materials[version])
        body = doing.halver.sign(secret, work.item.body, doing.way)
    else:
        body = signing.sign(doing.privates[version], work.item.body, doing.way)
    return Outcome(body=body, version=version)


def _verify(doing: Doing, work: Work) -> Outcome:
    (version,) = work.versions
    holds = signing.verify(public_half(doing.halves(version)), work.item.body, work.item.mark, doing.way)
    return Outcome(is_valid=holds, version=version)


def _mac(doing: Doing, work: Work) -> Outcome:
    (version,) = work.versions
    return Outcome(body=doing.code(version, work.item.body), version=version)


def _check_mac(doing: Doing, work: Work) -> Outcome:
    (version,) = work.versions
    holds = hmac.compare_digest(doing.code(version, work.item.body), work.item.mark)
    return Outcome(is_valid=holds, version=version)


_DO: Mapping[str, Callable[[Doing, Work], Outcome]] = MappingProxyType(
    {
        "encrypt": _encrypt,
        "decrypt": _decrypt,
        "rewrap": _rewrap,
        "datakey": _datakey,
        "sign": _sign,
        "verify": _verify,
        "mac": _mac,
        "check-mac": _check_mac,
    }
)
