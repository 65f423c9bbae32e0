"""The private half of a key version before it is born: drawn from the dice, or RSA primes at the bench.

RSA primes are found by the cryptographic library with its own generator; that takes up to seconds and holds
the interpreter, so it happens before the change that needs them, at the bench.
"""

from custodes.acts.benching.bench import Bench
from custodes.acts.footing.keyring import Keyring
from custodes.custody import hierarchy
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import NONE
from custodes.custody.materials.halves import Halves, PrivateHalf, at_rest, drawn, kept, read
from custodes.custody.materials.kinds import PAIRED, RSA_BITS, KeyKind
from custodes.custody.message import Material
from custodes.custody.wrap import KEY_BYTES
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import conflict


async def private_half(kind: KeyKind, dice: Dice, bench: Bench) -> PrivateHalf | None:
    """A fresh one; None for a kind without a pair. Only for somebody who may: it is costly."""
    if kind in RSA_BITS:
        return read(await bench.run(lambda halver: halver.born(RSA_BITS[kind])))
    return drawn(kind, dice) if kind in PAIRED else None


def version_of(
    keyring: Keyring, root: bytes, scope: Scope, version: int, born: tuple[KeyKind, PrivateHalf | None]
) -> tuple[bytes, Halves]:
    """A version at rest: its wrapped material, drawn here, and, where it has a pair, both halves.

    `changed-meanwhile` (conflict) when nothing was minted because he might not, and now he may.
    """
    if born[0] in PAIRED and born[1] is None:
        raise conflict("changed-meanwhile")
    wrapped = hierarchy.make_key_version(root, scope, version, keyring.dice)
    kind, private = born
    if private is None:
        return wrapped, NONE
    secret = hierarchy.open_key_version(root, scope, version, wrapped)
    return wrapped, at_rest(
        kind, private, Material(scope=scope, version=version, secret=secret), keyring.dice
    )


def version_over(
    keyring: Keyring, root: bytes, scope: Scope, version: int, secret: bytes
) -> tuple[bytes, Halves]:
    """A version at rest whose secret came in: it is the material, where it has the length of one; else it
    lies under material that is drawn here.
    """
    if len(secret) == KEY_BYTES:
        return hierarchy.take_key_version(root, scope, version, secret, keyring.dice), NONE
    wrapped = hierarchy.make_key_version(root, scope, version, keyring.dice)
    drawn_here = hierarchy.open_key_version(root, scope, version, wrapped)
    return wrapped, kept(secret, Material(scope=scope, version=version, secret=drawn_here), keyring.dice)
