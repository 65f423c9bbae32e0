"""What is done, item by item, and what came of it: plain bytes, nothing of the wire."""

import msgspec


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How it is done, in the words of `custody.materials`: hash, RSA scheme, ECDSA form, prepared hash."""

    hash_name: str = "sha2-256"
    scheme: str = "pss"
    form: str = "asn1"
    is_hashed: bool = False
    bits: int = 256  # of a data key
    wants_plain: bool = False  # a data key is also given out in the clear


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do. `body` is plaintext, ciphertext or message; `mark` a signature or message code.

    `version` is that of a ciphertext or mark; 0 is the newest.
    """

    body: bytes = b""
    context: bytes = b""
    associated: bytes = b""
    mark: bytes = b""
    version: int = 0

    def __repr__(self) -> str:
        return f"Item(version={self.version})"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one item, in its place; `fault` is the code of why nothing did."""

    body: bytes = b""
    plain: bytes = b""
    version: int = 0
    is_valid: bool = False
    fault: str = ""

    def __repr__(self) -> str:
        return f"Outcome(version={self.version}, fault={self.fault!r})"


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a batch, or the whole of a single request: the item, or the fault that it is none."""

    item: Item | None = None
    fault: str = ""
    reference: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A whole request: what is to be done, how, to what, and whether it came as a batch."""

    verb: str
    how: How
    entered: tuple[Entered, ...]
    is_batch: bool
