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


class Shard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row; its id is the house's. The log's present shard, once it was turned or closed.

    Without one the house is in its first, `number` 1, whose year is the one it was founded in. The house's
    own row repeats it for who looks while the house is sealed; this one is under the signed root.
    """

    number: int
    year: int
    origin: str
    root_log: str
    log_vkeys: tuple[str, ...]
    policy: str
    opened_at: str


def first_shard(body: HouseBody) -> Shard:
    """What the house's row says of the shard it is in, as long as no standing row does."""
    return Shard(
        number=int(body.root_log.partition("/")[2] or 1),
        year=int(body.founded_at[:4] or 0),
        origin=body.origin,
        root_log=body.root_log,
        log_vkeys=body.log_vkeys,
        policy=body.policy,
        opened_at=body.founded_at,
    )


def present(body: HouseBody, shard: Shard | None) -> HouseBody:
    """The house as it is in its present shard."""
    if shard is None:
        return body
    return msgspec.structs.replace(
        body,
        origin=shard.origin,
        root_log=shard.root_log,
        log_vkeys=shard.log_vkeys,
        policy=shard.policy,
    )


def is_root(log: str) -> bool:
    """Whether a log's id in the database is of a root log, the present one or a closed one."""
    return log.partition("/")[0] == "root"


def next_root(body: HouseBody) -> str:
    """The id of the root log that follows the present one."""
    number = int(body.root_log.partition("/")[2] or 1)
    return f"root/{number + 1}"
