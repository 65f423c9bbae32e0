"""One asker of one house: what reaches it, what proves who asks, and the key with which he signs.

Nothing is opened before it is needed: a command that asks for nothing needs no house, one that signs nothing
no key. What is signed is always the SHA-256 of a document that this program has built or shown itself.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from custodes.acts.asks import Ask, Signed, Token
from custodes.acts.asks.documents import act_document
from custodes.acts.asks.house import House as HouseView
from custodes.acts.asks.house import LookHouse
from custodes.acts.asks.parties import BeginPasskey, SigningKey
from custodes.adapters.file_key import FileKey
from custodes.adapters.system import SystemClock
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import denied, unauthenticated
from custodes.parties.signature import FileKeySignature
from custodes.settings import Settings
from custodes.wiring.local import House

from .output import Out

T = TypeVar("T")


class Asker(Out):
    """What a command talks to."""

    def __init__(
        self,
        open_house: Callable[[], House],
        token: Callable[[], str],
        open_key: Callable[[], FileKey],
        *,
        settings: Callable[[], Settings],
        is_json: bool,
        has_key: bool = False,
        is_here: bool = False,
    ) -> None:
        super().__init__(is_json=is_json)
        self._open_house = open_house
        self._token = token
        self._open_key = open_key
        self._house: House | None = None
        self._key: FileKey | None = None
        self.settings = settings
        self.has_key = has_key  # whether he gave a file key, opened or not
        self.is_here = is_here  # whether the installation is on this machine, by its folder
        self.clock = SystemClock()

    @property
    def house(self) -> House:
        """The house, reached at the first use."""
        if self._house is None:
            self._house = self._open_house()
        return self._house

    @property
    def evidence(self) -> Token:
        """What proves who asks; `token-missing` (unauthenticated)."""
        token = self._token()
        if not token:
            raise unauthenticated("token-missing")
        return Token(token)

    @property
    def key(self) -> FileKey:
        """The file key, opened at the first use."""
        if self._key is None:
            self._key = self._open_key()
        return self._key

    def ask(self, ask: Ask[T]) -> T:
        """Send one ask; raises its Refusal."""
        return self.house.ask(ask)

    def look(self) -> HouseView:
        """What anyone may know of the house."""
        return self.house.ask(LookHouse())

    def signed(self, ask: Ask[T], generation: int) -> Ask[T]:
        """The same ask with evidence signed over it and the generation he was shown.

        `no-signing-key` (denied) when the house knows no such key of his.
        """
        at = to_text(self.clock.now())
        document = act_document(ask, self.look().id, generation, at)
        evidence = Signed(self.evidence, at, self.sign(document))
        return msgspec.structs.replace(ask, evidence=evidence)

    def sign(self, document: bytes) -> bytes:
        """A signature as it travels (docs/formats/signed-acts.md) over a document."""
        digest = hashlib.sha256(document).digest()
        return self.sign_hash(digest, self.signing_key(digest).credential)

    def sign_hash(self, digest: bytes, credential: str) -> bytes:
        """The same over 32 bytes, by a credential that is known."""
        made = FileKeySignature(credential=credential, signature=canonical.b64(self.key.sign(digest)))
        return canonical.encode(msgspec.to_builtins(made))

    def signing_key(self, digest: bytes) -> SigningKey:
        """What the house calls the key at hand; `no-signing-key` (denied)."""
        known = self.ask(BeginPasskey(purpose="sign", evidence=self.evidence, document_hash=digest))
        mine = hashlib.sha256(self.key.public).digest()
        found = next((one for one in known.keys if one.key_hash == mine and one.kind == "file-key"), None)
        if found is None:
            raise denied("no-signing-key")
        return found

    def close(self) -> None:
        """Let go of the house."""
        if self._house is not None:
            self._house.close()


def read_text(path: Path) -> str:
    """First line of a small file that holds a token or a passphrase, without its end."""
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip("\r\n")
