"""What a write wishes for beside its content, judged when it opens and kept when it closes.

Whoever sets a retention or a hold with a write must be let retain; a key that is not the bucket's must be
one of the customer's that policy lets the writer use. A key the customer brings himself never stays: what is
stored is what, together with it, makes the data key.
"""

import hmac

import msgspec

from custodes.acts.footing.decisions import Asked, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Expect
from custodes.custody.envelope import with_customer_key
from custodes.custody.keys import Key
from custodes.kernel.canonical import b64
from custodes.kernel.refusal import malformed
from custodes.objects.bucket import Bucket
from custodes.objects.rules.acl import Acl
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.rules.locks import Retention, by_default, demand_future
from custodes.objects.rules.state import State
from custodes.objects.rules.tags import Tags
from custodes.policy.question import Resource
from custodes.protocols.s3.canonical import signed_head
from custodes.protocols.s3.requests import copying
from custodes.protocols.s3.wishes import (
    CUSTOMER,
    NO_WISHES,
    WISHING,
    CustomerKey,
    Wishes,
    customer_key,
    wishes,
)

KMS, CUSTOMERS_OWN = "aws:kms", "customer"


class Wished(msgspec.Struct, frozen=True, kw_only=True):
    """What was wished for and may be had; no secret is in it. `mark` tells a customer's key from another.

    `expects` is what the choice of the key rested on.
    """

    tags: Tags = ()
    retention: Retention | None = None
    is_held: bool | None = None
    sse: str = ""
    sse_key: str = ""
    mark: str = ""
    by_parts: bool = False
    acl: Acl = ()
    owner: str = ""
    expects: tuple[Expect, ...] = ()


NOTHING_WISHED = Wished()


def wishes_of(who: Identified) -> Wishes:
    """What a signed request asks for; nothing where the evidence is no request's signature."""
    if who.verified is None or not any(name in WISHING for name, _ in who.verified.signed.headers):
        return NO_WISHES
    return wishes(signed_head(who.verified.signed))


def key_brought(who: Identified, before: str = CUSTOMER) -> CustomerKey | None:
    """The key the caller brings himself, from what he signed."""
    if who.verified is None or not any(name.startswith(before) for name, _ in who.verified.signed.headers):
        return None
    return customer_key(signed_head(who.verified.signed), before)


def copies_tags(who: Identified) -> bool:
    """Whether a copy takes the tags of its source."""
    return who.verified is None or not copying(signed_head(who.verified.signed)).replaces_tags


def rules_of(o: Opened, bucket: Bucket) -> BucketRules:
    """What a bucket was told."""
    row = o.standing.get("bucket-rules", bucket.id, BucketRules)
    return row if row is not None else BucketRules(bucket=bucket.id)


def chosen_key(
    o: Opened, who: Identified, bucket: Bucket, asked: Wishes
) -> tuple[Key | None, tuple[Expect, ...]]:
    """The customer's key a write is to lie under where it is not the bucket's, and what choosing it rests on.

    `kms-key-absent` (malformed), and what policy says to using that key.
    """
    default = rules_of(o, bucket).encryption
    named = asked.kms_key
    if not asked.sse and asked.customer_key is None and default is not None and default.algorithm == KMS:
        named = default.key
    if asked.sse == KMS and not named:
        named = default.key if default is not None and default.algorithm == KMS else ""
    if not named:
        if asked.sse == KMS:
            raise malformed("kms-key-absent")
        return None, ()
    key = found_key(o, bucket.customer, named)
    question = Asked(
        action="key:use-wrap",
        resource=Resource(kind="key", id=key.id, customer=bucket.customer, facts={"state": key.state.value}),
        purpose="operation",
    )
    decided = o.decisions.decide(who, question)
    if not decided.decision.allowed:
        raise refusal_of(decided.decision)
    return key, (*decided.expects, o.standing.expect("key", key.id))


def found_key(o: Opened, customer: str, named: str) -> Key:
    """The customer's key of this id, name, alias or ARN (`kms-key-absent`, malformed)."""
    wanted = named.rpartition(":key/")[2] if named.startswith("arn:") else named
    for key in o.standing.all_of("key", Key, customer):
        if wanted in (key.id, key.name, f"alias/{key.name}"):
            return key
    raise malformed("kms-key-absent")


def judged_wishes(o: Opened, bucket: Bucket, asked: Wishes, what: tuple[str, Key | None, str]) -> Wished:
    """What a write keeps of its wishes, for (version, its own key, the key's name as asked for).

    `lock-not-enabled`, `retention-in-the-past` (malformed).
    """
    version, key, named = what
    if (asked.retention is not None or asked.is_held is not None) and not bucket.can_lock:
        raise malformed("lock-not-enabled")
    if asked.retention is not None:
        demand_future(asked.retention, o.clock.now())
    own = asked.customer_key
    return Wished(
        tags=asked.tags or (),
        retention=asked.retention,
        is_held=asked.is_held,
        sse=CUSTOMERS_OWN if own is not None else KMS if key is not None else "",
        sse_key=own.md5 if own is not None else named if key is not None else "",
        mark=mark_of(o, version, own.key) if own is not None else "",
    )


def state_kept(o: Opened, bucket: Bucket, wished: Wished) -> State:
    """The state of a version that is written now; the bucket's default retention counts from this moment."""
    retention = wished.retention
    if retention is None and bucket.can_lock:
        retention = by_default(rules_of(o, bucket).lock_default, o.clock.now())
    return State(
        tags=wished.tags,
        retention=retention,
        is_held=bool(wished.is_held),
        was_held=wished.is_held is not None,
        by_parts=wished.by_parts,
        acl=wished.acl,
        owner=wished.owner,
        sse=wished.sse,
        sse_key=f"{wished.sse_key} {wished.mark}" if wished.mark else wished.sse_key,
    )


def mark_of(o: Opened, version: str, key: bytes) -> str:
    """What tells whether a customer brought the same key again; says nothing of it without a key of the
    house.
    """
    content = b"custodes/customer-key-mark/v1\n" + version.encode() + b"\n" + key
    return b64(hmac.digest(o.keyring.house_keys.mac, content, "sha256"))


def with_brought(o: Opened, state: State, version: str, brought: CustomerKey | None) -> CustomerKey | None:
    """Demand the customer's key exactly where a version needs one, and the same.

    `customer-key-needed`, `customer-key-differs`, `sse-invalid` (malformed).
    """
    if state.sse != CUSTOMERS_OWN:
        if brought is not None:
            raise malformed("sse-invalid")
        return None
    if brought is None:
        raise malformed("customer-key-needed")
    mark = state.sse_key.partition(" ")[2]
    if not hmac.compare_digest(mark, mark_of(o, version, brought.key)):
        raise malformed("customer-key-differs")
    return brought


def other_half(key: bytes, version: str, brought: CustomerKey | None) -> bytes:
    """From what is stored to the data key, or back; the same where nobody brings a key."""
    return key if brought is None else with_customer_key(key, brought.key, version)
