"""What of a bucket all the world may do now: the bucket's own word and the customer's rules together.

For pages and `custodes explain`. Versions that are public by an ACL of their own are not among it: that is
looked at when they are asked for.
"""

from custodes.acts.footing.identities import Identified
from custodes.acts.objects.ground import Ground, Stand, bucket_asked, object_asked, placed
from custodes.kernel.actor import ANYONE
from custodes.objects.rules.acl import allows_anyone
from custodes.objects.rules.bucket_rules import BucketRules, enforces_owner
from custodes.policy.bucket_policy import Said, opens, read_policy

from .policed import with_fact
from .wishing import rules_of

# What it is called, the action it is, S3's name in a policy, and the permission of the bucket's ACL.
_ROWS = (
    ("list", "object:list", "s3:ListBucket", "READ"),
    ("read", "object:read", "s3:GetObject", ""),
    ("write", "object:write", "s3:PutObject", "WRITE"),
    ("delete", "object:delete", "s3:DeleteObject", "WRITE"),
)


def open_to_all(ground: Ground, stand: Stand) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What anyone may do in this bucket (`list`, `read`, `write`, `delete`), of some of its objects at least,
    and the customer's rules that let him.
    """
    if not ground.anyone.is_let_in(stand.customer.id):
        return (), ()
    rules, who = rules_of(ground.o, stand.bucket), Identified(actor=ANYONE, expects=())
    bucket, done, by = stand.bucket, [], set()
    judged = ground.places.judged(stand.customer.id, bucket.locations, bucket.data_class)
    for name, action, called, permission in _ROWS:
        if not _says_so(rules, bucket.name, called, permission):
            continue
        of_bucket = action == "object:list"
        asked = bucket_asked(action, stand) if of_bucket else object_asked(action, stand, "", None)
        asked = with_fact(placed(asked, judged), "public_name", bucket.name)
        decided = ground.o.decisions.decide(who, with_fact(asked, "bucket_policy", Said.ALLOW.value))
        if decided.decision.allowed:
            done.append(name)
            by |= {rule for rule in decided.decision.rules if rule.startswith("customer/")}
    return tuple(done), tuple(sorted(by))


def _says_so(rules: BucketRules, bucket: str, called: str, permission: str) -> bool:
    access = rules.public_access
    is_shut = access is not None and access.restrict
    if rules.policy and not is_shut and opens(read_policy(rules.policy.encode("utf-8"), bucket), called):
        return True
    if enforces_owner(rules) or (access is not None and access.ignore_acls):
        return False
    return bool(permission) and allows_anyone(rules.acl, permission)
