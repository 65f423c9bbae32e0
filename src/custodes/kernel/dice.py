"""The Dice port: where randomness comes from. Rooms are handed one; none draws by itself."""

from typing import Protocol


class Dice(Protocol):
    """A source of uniformly random bytes; the real one is the kernel's CSPRNG."""

    def draw(self, length_bytes: int) -> bytes:
        """Return `length_bytes` fresh random bytes."""
        ...
