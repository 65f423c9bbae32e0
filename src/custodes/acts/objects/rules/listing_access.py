"""ACLs: kept beside a bucket's other rules, and in a version's state; counted where the customer lets them.

A customer whose rules do not let them count (form `bucket-policies-count`) has private ACLs only, and so has
a bucket whose owner enforces that: anything else is refused as S3 does (`acl-not-supported`). Whoever is
granted something must be an application of the same customer.
"""

from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.kernel.refusal import denied, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.rules.acl import GROUPS, Acl, canned, is_private, is_public
from custodes.parties.rows import Application
from custodes.policy.rules import RuleSet
from custodes.protocols.s3.canonical import signed_head
from custodes.protocols.s3.configs.acls import said_acl, write_acl

from .wishing import rules_of

COUNTING = "bucket-policies-count"


def owner_of(o: Opened, bucket: Bucket) -> tuple[str, str]:
    """Id and name of who owns a bucket and what lies in it: its application, or else its customer."""
    for owner in bucket.owners:
        row = o.standing.get("application", owner, Application)
        if row is not None:
            return row.id, row.name
    return bucket.customer, bucket.customer


def wished_acl(o: Opened, who: Identified, bucket: Bucket) -> Acl:
    """The ACL a signed head asks for; nothing where it is private or not said. Refusals of `demand_acl`."""
    if who.verified is None or not any(_is_of_acl(name) for name, _ in who.verified.signed.headers):
        return ()
    said = said_acl(signed_head(who.verified.signed), owner_of(o, bucket)[0])
    return () if said is None else demand_acl(o, bucket, said)


def _is_of_acl(name: str) -> bool:
    return name == "x-amz-acl" or name.startswith("x-amz-grant-")


def demand_acl(o: Opened, bucket: Bucket, acl: Acl) -> Acl:
    """An ACL as it may be kept here; empty for a private one.

    `acl-not-supported`, `acl-invalid` (malformed), `policy-public` (denied).
    """
    owner = owner_of(o, bucket)[0]
    if is_private(acl, owner):
        return () if acl == canned("private", owner) else acl
    rules, told = o.standing.get("rules", bucket.customer, RuleSet), rules_of(o, bucket)
    if rules is None or not any(rule.form == COUNTING for rule in rules.rules):
        raise malformed("acl-not-supported")
    if told.ownership == "BucketOwnerEnforced":
        raise malformed("acl-not-supported")
    if told.public_access is not None and told.public_access.block_acls and is_public(acl):
        raise denied("policy-public")
    for grant in acl:
        row = o.standing.get("application", grant.grantee, Application)
        is_known = row is not None and row.customer == bucket.customer
        if grant.grantee not in (*GROUPS, owner) and not is_known:
            raise malformed("acl-invalid")
    return acl


def written_acl(o: Opened, bucket: Bucket, acl: Acl) -> bytes:
    """The document; a private one says that its owner may do everything."""
    owner = owner_of(o, bucket)
    rows = o.standing.all_of("application", Application, bucket.customer)
    names = {row.id: row.name for row in rows}
    return write_acl(acl or canned("private", owner[0]), owner, names)
