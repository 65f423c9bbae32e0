"""Is a blob still what was written? A keyed check over its cipher bytes that opens nothing.

The check is GMAC (NIST SP 800-38D: AES-256-GCM without plaintext) over the whole stream, under a key of that
one blob and the nonce of zeros: the key is derived by the keyroom, is used for one message only, and is
known to no store. Whoever looks after stored blobs needs no data key and sees no plain byte. It costs a
fortieth of a second per GB, so every write has it.

It replaces no authentication: a read opens nothing but what its own segments' tags and its manifest vouch
for.
"""

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .ports import BlobStore, Buffer

TAG_BYTES = 16
_NONCE = bytes(12)


class Check:
    """The running check of one blob."""

    __slots__ = ("_run", "size_bytes")

    def __init__(self, check_key: bytes) -> None:
        self._run = Cipher(algorithms.AES256(check_key), modes.GCM(_NONCE)).encryptor()
        self.size_bytes = 0

    def update(self, piece: Buffer) -> None:
        """Take in cipher bytes, in order."""
        self.size_bytes += len(piece)
        self._run.authenticate_additional_data(piece)

    def digest(self) -> bytes:
        """The 16 bytes over everything taken in; ends the check."""
        self._run.finalize()
        return self._run.tag

    def agrees(self, size_bytes: int, check: bytes) -> bool:
        """Whether everything taken in is what was written; ends the check."""
        return self.size_bytes == size_bytes and hmac.compare_digest(self.digest(), check)


def check_of(check_key: bytes, whole: Buffer) -> bytes:
    """The check of a blob that is all there, in one go."""
    return AESGCM(check_key).encrypt(_NONCE, b"", whole)


async def lies_whole(store: BlobStore, blob: str, size_bytes: int, known: tuple[bytes, bytes]) -> bool:
    """Whether a store holds exactly this blob; `known` is (check key, check).

    `blob-absent` (broken), `store-gone` (unavailable).
    """
    key, check = known
    running = Check(key)
    async for piece in store.read(blob, 0, size_bytes - 1):
        running.update(piece)
    return running.agrees(size_bytes, check)
