"""A holder in memory, for tests that need one and no file."""

from custodes.custody import wrap as wraps
from custodes.custody.holder import holder_gone, holder_sealed, wrong_secret


class MemoryHolder:
    """Root and secret are given; `is_gone` makes it answer like an HSM with its cable pulled."""

    def __init__(self, root: bytes, secret: bytes = b"open sesame", *, is_open: bool = True) -> None:
        self._root = root
        self._secret = secret
        self._is_open = is_open
        self.is_gone = False

    @property
    def uri(self) -> str:
        return "memory:test"

    @property
    def grade(self) -> str:
        return "memory"

    @property
    def is_sealed(self) -> bool:
        return not self._is_open

    @property
    def opens_itself(self) -> bool:
        return False

    def probe(self) -> None:
        self._at_hand()

    def unseal(self, secret: bytes) -> None:
        if secret != self._secret:
            raise wrong_secret()
        self._is_open = True

    def seal(self) -> None:
        self._is_open = False

    def wrap(self, context, secret, dice) -> bytes:
        return wraps.wrap(self._at_hand(), context, secret, dice)

    def unwrap(self, context, wrapped) -> bytes:
        return wraps.unwrap(self._at_hand(), context, wrapped)

    def _at_hand(self) -> bytes:
        if self.is_gone:
            raise holder_gone()
        if not self._is_open:
            raise holder_sealed()
        return self._root
