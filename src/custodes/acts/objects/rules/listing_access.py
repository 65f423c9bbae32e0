"""ACLs: kept beside a bucket's other rules, and in a version's state; counted where the customer lets them.

A customer whose rules do not let them count (form `bucket-policies-count`) has private ACLs only, and so has
a bucket whose owner enforces that: anything else is refused as S3 does (`acl-not-supported`). Whoever is
granted something must be an application of the same customer. Where they count, an application owns what it
writes into another's bucket, beside the bucket's owner, as the bucket's ownership controls say
(S3 User Guide, "Controlling ownership of objects"; nothing said is ObjectWriter).
"""

import msgspec

from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.kernel.refusal import denied, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.rules.acl import GROUPS, Acl, canned, is_private, is_public
from custodes.objects.rules.bucket_rules import PREFERRED, enforces_owner
from custodes.parties.rows import Application, Credential
from custodes.policy.rules import RuleSet, lets_anyone_in
from custodes.protocols.s3.canonical import signed_head
from custodes.protocols.s3.configs.acls import said_acl, write_acl

from .wishing import Wished, rules_of

COUNTING = "bucket-policies-count"
FULL = b"bucket-owner-full-control"


def owner_of(o: Opened, bucket: Bucket, writer: str = "") -> tuple[str, str]:
    """Id and name of who owns a bucket, or a version in it: the application that wrote it and keeps it
    (`writer`), else the bucket's application, else its customer.
    """
    kept = () if enforces_owner(rules_of(o, bucket)) or not writer else (writer,)
    for owner in (*kept, *bucket.owners):
        row = o.standing.get("application", owner, Application)
        if row is not None:
            return row.id, row.name
    return bucket.customer, bucket.customer


def with_acl(o: Opened, who: Identified, bucket: Bucket, wished: Wished) -> Wished:
    """What a write wishes for, with its ACL and with who will own the version. Refusals of `demand_acl`."""
    writer = _writer(o, who, bucket)
    return msgspec.structs.replace(wished, owner=writer, acl=wished_acl(o, who, bucket, writer))


def wished_acl(o: Opened, who: Identified, bucket: Bucket, writer: str = "") -> Acl:
    """The ACL a signed head asks for; nothing where it is private or not said. Refusals of `demand_acl`."""
    if who.verified is None or not any(_is_of_acl(name) for name, _ in who.verified.signed.headers):
        return ()
    head, own = signed_head(who.verified.signed), owner_of(o, bucket)[0]
    owner = owner_of(o, bucket, writer)[0]
    said = said_acl(head, owner, own)
    if said is None:
        return ()
    if enforces_owner(rules_of(o, bucket)) and not _gives_full(who):
        raise malformed("acl-not-supported")
    return demand_acl(o, bucket, said, writer)


def _is_of_acl(name: str) -> bool:
    return name == "x-amz-acl" or name.startswith("x-amz-grant-")


def demand_acl(o: Opened, bucket: Bucket, acl: Acl, writer: str = "") -> Acl:
    """An ACL as it may be kept here; empty for a private one.

    `acl-not-supported`, `acl-invalid` (malformed), `policy-public` (denied).
    """
    owner = owner_of(o, bucket, writer)[0]
    if is_private(acl, owner):
        return () if acl == canned("private", owner) else acl
    told = rules_of(o, bucket)
    if not _count(o, bucket) or enforces_owner(told):
        raise malformed("acl-not-supported")
    if told.public_access is not None and told.public_access.block_acls and is_public(acl):
        raise denied("policy-public")
    for grant in acl:
        row = o.standing.get("application", grant.grantee, Application)
        is_known = row is not None and row.customer == bucket.customer
        if grant.grantee not in (*GROUPS, owner, owner_of(o, bucket)[0]) and not is_known:
            raise malformed("acl-invalid")
    return acl


def written_acl(o: Opened, bucket: Bucket, acl: Acl, writer: str = "") -> bytes:
    """The document; a private one says that its owner may do everything."""
    owner = owner_of(o, bucket, writer)
    rows = o.standing.all_of("application", Application, bucket.customer)
    names = {row.id: row.name for row in rows}
    return write_acl(acl or canned("private", owner[0]), owner, names)


def _count(o: Opened, bucket: Bucket) -> bool:
    """Whether the customer lets ACLs and bucket policies count, for applications or for anyone."""
    rules = o.standing.get("rules", bucket.customer, RuleSet)
    if rules is None:
        return False
    return any(rule.form == COUNTING for rule in rules.rules) or lets_anyone_in(rules)


def _writer(o: Opened, who: Identified, bucket: Bucket) -> str:
    """The application that will own what it writes into another's bucket; empty where the bucket's owner
    does.
    """
    credential = o.standing.get("credential", who.actor.credential, Credential)
    application = credential.application if credential is not None else None
    told = rules_of(o, bucket)
    if application is None or application in bucket.owners or who.verified is None:
        return ""
    if enforces_owner(told) or not _count(o, bucket):
        return ""
    return "" if told.ownership == PREFERRED and _gives_full(who) else application


def _gives_full(who: Identified) -> bool:
    return who.verified is not None and who.verified.signed.header("x-amz-acl") == FULL
