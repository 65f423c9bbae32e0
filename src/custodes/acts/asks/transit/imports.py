"""Taking in a key that was made elsewhere."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence
from custodes.acts.asks.keys import KeyView


class LookImportKey(Ask["ImportKeyHalf"], frozen=True, kw_only=True, tag="look-import-key"):
    """-> `ImportKeyHalf`: what the customer's keys are wrapped to on their way in; made when first asked for.

    To have it made is allowed to who may create a key. `no-such-key` (absent), what policy refuses.
    """

    evidence: Evidence
    customer: str = ""


class ImportKey(Ask[KeyView], frozen=True, kw_only=True, tag="import-key"):
    """-> `KeyView`. Without `key` a new one called `name`, allowed to who may create keys; with it (name or
    id) a further version, allowed to who may rotate.

    `parcel`: docs/formats/imported.md; `hash_name` is that of its OAEP. `is_rotated_here`: whether the house
    may draw further versions itself. Refused `bad-name`, `bad-kind`, `import-mismatch`, `import-unfit`
    (malformed), `no-such-key` (absent), `name-taken`, `no-import-key`, `key-not-imported` (conflict).
    """

    evidence: Evidence
    parcel: bytes
    name: str = ""
    key: str = ""
    kind: str = "aes256-gcm96"
    hash_name: str = "sha2-256"
    is_rotated_here: bool = False
    customer: str = ""

    def __repr__(self) -> str:
        return f"ImportKey(name={self.name!r}, key={self.key!r})"


class ImportKeyHalf(msgspec.Struct, frozen=True, tag="import-key-half"):
    """SubjectPublicKeyInfo (DER) of an RSA key of 4,096 bits, and whose."""

    customer: str
    public: bytes
