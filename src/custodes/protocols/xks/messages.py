"""The four calls and their answers, in the specification's own words.

Source: AWS KMS External Key Store Proxy API Specification 1.0.3, "API operations". Members that a later
version of the API adds are let through: the specification demands it of operation names, and announces more
members of `requestMetadata` (appendix B).
"""

from enum import StrEnum

import msgspec

PLAINTEXT_BYTES_MAX = 16_384  # 4,300 must work
AAD_BYTES_MAX = 8_192
MARK_BYTES_MAX = 20
TAG_BYTES = 16
IV_BYTES = (12, 16)
BODY_BYTES_MAX = 65_536
ALGORITHM = "AES_GCM"
CDIV_ALGORITHM = "SHA_256"
KEY_SPEC = "AES_256"


class Operation(StrEnum):
    """The last part of the path."""

    HEALTH = "health"
    METADATA = "metadata"
    ENCRYPT = "encrypt"
    DECRYPT = "decrypt"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What a path asks for: the prefix (a connection's id), the operation, and the key's name on the wire."""

    prefix: str
    operation: Operation
    key: str = ""


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Plainly(_Wire, frozen=True, kw_only=True):
    """GetHealthStatus and GetKeyMetadata: nothing but who asks."""

    request_metadata: dict[str, object]


class Encrypt(_Wire, frozen=True, kw_only=True):
    """Encrypt. An absent member and an empty one are told apart where the specification does."""

    request_metadata: dict[str, object]
    plaintext: bytes
    encryption_algorithm: str
    additional_authenticated_data: bytes = b""
    ciphertext_data_integrity_value_algorithm: str | None = None


class Decrypt(_Wire, frozen=True, kw_only=True):
    """Decrypt."""

    request_metadata: dict[str, object]
    ciphertext: bytes
    encryption_algorithm: str
    initialization_vector: bytes
    authentication_tag: bytes
    ciphertext_metadata: bytes = b""
    additional_authenticated_data: bytes = b""


class Encrypted(_Wire, frozen=True, kw_only=True, omit_defaults=True):
    """Answer to Encrypt."""

    ciphertext: bytes
    ciphertext_metadata: bytes
    initialization_vector: bytes
    authentication_tag: bytes
    ciphertext_data_integrity_value: bytes | None = None


class Decrypted(_Wire, frozen=True, kw_only=True):
    """Answer to Decrypt."""

    plaintext: bytes


class KeyMetadata(_Wire, frozen=True, kw_only=True):
    """Answer to GetKeyMetadata."""

    key_spec: str
    key_usage: tuple[str, ...]
    key_status: str


class Ekm(_Wire, frozen=True, kw_only=True):
    """One external key manager of the fleet; `health_status` is ACTIVE, DEGRADED or UNAVAILABLE."""

    id: str
    model: str
    health_status: str


class Health(_Wire, frozen=True, kw_only=True):
    """Answer to GetHealthStatus."""

    xks_proxy_fleet_size: int
    xks_proxy_vendor: str
    xks_proxy_model: str
    ekm_vendor: str
    ekm_fleet_details: tuple[Ekm, ...]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What `requestMetadata` says, checked for form only: every text in it, by its name.

    Nothing of it proves anything: whoever has the signing secret can write what he likes.
    """

    operation: str
    request_id: str
    principal: str = ""
    key_arn: str = ""
    via: str = ""
    more: tuple[tuple[str, str], ...] = ()


Message = Plainly | Encrypt | Decrypt
Answer = Encrypted | Decrypted | KeyMetadata | Health
