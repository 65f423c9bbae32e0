"""What the house is, at rest: one row, readable while sealed. Everything secret in it is wrapped."""

import msgspec


class HouseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`origin` begins every log's name; `receipt_key` is the Ed25519 public key of sequenced receipts.
    `log_vkeys` are the logkeeper's (Ed25519 first); `policy` is the tlog-policy that decides witnessing.

    `demo` can only be set when the house is founded: there is no path from demo to production. `s3_domains`
    are the host names below which a first label is a bucket (virtual-host style). `root_log` is the present
    root log's id in the database: a log that was closed after a loss stays beside it.
    """

    id: str
    name: str
    demo: bool
    origin: str
    holder: str
    house_keys: dict[str, bytes]
    receipt_key: bytes
    log_vkeys: tuple[str, ...] = ()
    policy: str = ""
    console: str = "http://localhost"
    s3_domains: tuple[str, ...] = ()
    founded_at: str = ""
    root_log: str = "root"


def is_root(log: str) -> bool:
    """Whether a log's id in the database is of a root log, the present one or a closed one."""
    return log.partition("/")[0] == "root"


def next_root(body: HouseBody) -> str:
    """The id of the root log that follows the present one."""
    number = int(body.root_log.partition("/")[2] or 1)
    return f"root/{number + 1}"
