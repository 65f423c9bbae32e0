"""What the house is, at rest: one row, readable while sealed. Everything secret in it is wrapped."""

import msgspec


class HouseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`origin` begins every log's name; `receipt_key` is the Ed25519 public key of sequenced receipts.

    `demo` can only be set when the house is founded: there is no path from demo to production.
    """

    id: str
    name: str
    demo: bool
    origin: str
    holder: str
    house_keys: dict[str, bytes]
    receipt_key: bytes
    log_key: bytes = b""
    console: str = "http://localhost"
    quorum: str = "none"
    founded_at: str = ""
