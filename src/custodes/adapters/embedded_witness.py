"""A witness inside the house, for the demo: it follows every rule of a witness and counts zero.

It checks consistency with what it cosigned before and writes that down before it answers
(c2sp.org/tlog-witness v1.0.0, add-checkpoint).
"""

from collections.abc import Sequence
from pathlib import Path

from custodes.kernel import canonical
from custodes.kernel.clock import Clock
from custodes.kernel.refusal import conflict
from custodes.ledger import checkpoint, cosign
from custodes.ledger import note as notes
from custodes.ledger.cosign import Ed25519Cosigner
from custodes.ledger.merkle import EMPTY_ROOT, verify_consistency
from custodes.ledger.note import Vkey

from .log_files import write_durably


class EmbeddedWitness:
    """Fulfils `acts.logkeeper.ports.Witness`."""

    def __init__(self, signer: Ed25519Cosigner, log: tuple[Vkey, ...], memory: Path, clock: Clock) -> None:
        self._signer = signer
        self._log = log
        self._memory = memory
        self._clock = clock

    @property
    def name(self) -> str:
        """As in the policy."""
        return self._signer.vkey.name

    @property
    def vkey(self) -> Vkey:
        """See the port."""
        return self._signer.vkey

    async def cosigned(self, origin: str) -> bytes | None:  # noqa: ARG002 - there is one log
        """Nothing: nobody outside can ask it."""
        return None

    async def tell(self, document: bytes) -> bool:  # noqa: ARG002 - the house need not tell itself
        """See the port."""
        return True

    async def cosign(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        """See the port."""
        size, root = self._read()
        if old_size != size:
            raise conflict("witness-behind", size=size)
        verified = cosign.verify(note, self._log, self._log[0].name)
        new = verified.checkpoint
        holds = new.root == root if new.size == size else True
        if new.size < size or not holds:
            raise conflict("witness-conflict")
        if size and new.size > size and not verify_consistency(size, new.size, list(proof), root, new.root):
            raise conflict("witness-conflict")
        write_durably(self._memory, canonical.encode([new.size, canonical.b64(new.root)]), mode=0o600)
        line = self._signer.cosign(checkpoint.parse(notes.parse(note).text), self._clock.now())
        return (line.line() + "\n").encode()

    def _read(self) -> tuple[int, bytes]:
        try:
            found = canonical.decode(self._memory.read_bytes())
        except FileNotFoundError:
            return 0, EMPTY_ROOT
        if not isinstance(found, list):
            raise conflict("witness-conflict")
        return int(str(found[0])), canonical.unb64(str(found[1]))
