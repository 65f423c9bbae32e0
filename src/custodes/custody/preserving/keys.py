"""Keys of a legal preservation: outside every customer's tree, under a holder of their own.

    holder of preservations -- key of a case -- second wrap of one object version's data key

What says which case has wrapped what rests sealed under a key of the house, and is found again by keyed tags:
who reads the database learns how much is preserved, not of whom. Format: docs/formats/preservation.md.
"""

import hmac

from custodes.custody import wrap
from custodes.custody.holder import Holder
from custodes.custody.wrap import KEY_BYTES, Context, Purpose
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal

SEAL_LABEL = "custodes/preservation-seal/v1"
TAG_LABEL = "custodes/preservation-tag/v1"
KEY_VERSION = 1  # a case has one key; a second one would be a second case
STEP_BYTES = 2_048  # what is sealed is filled up to a multiple, so that its length tells little


def make_key(holder: Holder, place: tuple[str, str, str], dice: Dice) -> bytes:
    """A fresh key for one case, wrapped under the holder's root; `place` is (house, customer, case).

    `holder-sealed`, `holder-gone`.
    """
    return holder.wrap(_key_context(place), dice.draw(KEY_BYTES), dice)


def open_key(holder: Holder, place: tuple[str, str, str], wrapped: bytes) -> bytes:
    """The key of a case, 32 bytes; `holder-sealed`, `holder-gone`, `wrap-mismatch`."""
    return holder.unwrap(_key_context(place), wrapped)


def wrap_again(key: bytes, place: tuple[str, str, str], data_key: bytes, dice: Dice) -> bytes:
    """The second wrap of a data key; `place` is (house, customer, object version)."""
    return wrap.wrap(key, _again_context(place), data_key, dice)


def open_again(key: bytes, place: tuple[str, str, str], wrapped: bytes) -> bytes:
    """The data key out of its second wrap; `wrap-mismatch` (broken)."""
    return wrap.unwrap(key, _again_context(place), wrapped)


def seal_key(mac_key: bytes) -> bytes:
    """What cases and rows are sealed under, from the house's key `mac`; 32 bytes."""
    return hmac.digest(mac_key, SEAL_LABEL.encode(), "sha256")


def sealed(key: bytes, place: tuple[str, str], plain: Plain, dice: Dice) -> bytes:
    """Anything canonical, sealed for one place, (house, subject), and filled up to a multiple of 2,048."""
    bare = canonical.encode({"pad": "", "plain": plain})
    text = canonical.encode({"pad": "0" * (-len(bare) % STEP_BYTES), "plain": plain})
    return wrap.wrap(key, _seal_context(place), text, dice)


def unsealed(key: bytes, place: tuple[str, str], raw: bytes) -> Plain:
    """Inverse of `sealed`; `wrap-mismatch` (broken)."""
    whole = canonical.decode(wrap.unwrap(key, _seal_context(place), raw))
    if not isinstance(whole, dict) or whole.keys() != {"pad", "plain"}:
        raise Refusal("wrap-mismatch", Kind.BROKEN)
    return whole["plain"]


def tag(mac_key: bytes, *said: str) -> str:
    """By what something is found again; says nothing to who does not have the house's key. 64 hex digits."""
    words: list[Plain] = [TAG_LABEL, *said]
    return hmac.digest(mac_key, canonical.encode(words), "sha256").hex()


def _key_context(place: tuple[str, str, str]) -> Context:
    house, customer, case = place
    return Context(
        house=house,
        customer=customer,
        key="",
        version=KEY_VERSION,
        purpose=Purpose.PRESERVATION,
        subject=case,
    )


def _again_context(place: tuple[str, str, str]) -> Context:
    house, customer, version = place
    return Context(
        house=house,
        customer=customer,
        key="",
        version=KEY_VERSION,
        purpose=Purpose.PRESERVATION,
        subject=version,
    )


def _seal_context(place: tuple[str, str]) -> Context:
    house, subject = place
    return Context(house=house, customer="", key="", version=0, purpose=Purpose.PRESERVATION, subject=subject)
