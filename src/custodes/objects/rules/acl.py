"""Access control lists: grants to applications of the same customer, and to groups of them.

Source: Amazon S3 User Guide, "Access control list (ACL) overview". Both groups, AllUsers and
AuthenticatedUsers, mean the applications of the bucket's customer; who does not sign is in AllUsers only.
What a grant allows still takes a rule of the customer's that lets ACLs count, for applications or for anyone.
"""

from typing import TypeAlias

import msgspec

from custodes.kernel.refusal import malformed

GRANTS_MAX = 100
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOGGING = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = (ALL, AUTHENTICATED, LOGGING)
BUCKET_OWNER = ""  # in the table below: who owns the bucket, where that is not who owns the object
PERMISSIONS = ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`grantee` is an application's id, or the URI of a group."""

    grantee: str
    permission: str


Acl: TypeAlias = tuple[Grant, ...]
_CANNED = {
    "private": (),
    "public-read": ((ALL, "READ"),),
    "public-read-write": ((ALL, "READ"), (ALL, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "log-delivery-write": ((LOGGING, "WRITE"), (LOGGING, "READ_ACP")),
    "bucket-owner-read": ((BUCKET_OWNER, "READ"),),
    "bucket-owner-full-control": ((BUCKET_OWNER, "FULL_CONTROL"),),
}


def canned(name: str, owner: str, bucket_owner: str = "") -> Acl:
    """The grants of a canned ACL (`acl-invalid`, malformed)."""
    rows = _CANNED.get(name)
    if rows is None:
        raise malformed("acl-invalid")
    theirs = bucket_owner if bucket_owner != owner else ""
    grants = (_grant(grantee or theirs, permission) for grantee, permission in rows if grantee or theirs)
    return (*grants, Grant(grantee=owner, permission="FULL_CONTROL"))


def check_grants(grants: Acl) -> Acl:
    """Grants as they may be kept (`acl-invalid`, malformed)."""
    if len(grants) > GRANTS_MAX or any(one.permission not in PERMISSIONS for one in grants):
        raise malformed("acl-invalid")
    return grants


def is_private(acl: Acl, owner: str) -> bool:
    """Whether nobody but the owner is granted anything."""
    return all(grant.grantee == owner for grant in acl)


def is_public(acl: Acl) -> bool:
    """Whether a group is granted anything."""
    return any(grant.grantee in (ALL, AUTHENTICATED) for grant in acl)


def allows(acl: Acl, application: str, permission: str, *, ignores_groups: bool = False) -> bool:
    """Whether this application is granted it, by name or in a group."""
    groups = () if ignores_groups else (ALL, AUTHENTICATED)
    return any(
        grant.permission in (permission, "FULL_CONTROL") and grant.grantee in (application, *groups)
        for grant in acl
    )


def allows_anyone(acl: Acl, permission: str) -> bool:
    """Whether whoever does not sign is granted it."""
    return any(grant.grantee == ALL and grant.permission in (permission, "FULL_CONTROL") for grant in acl)


def _grant(grantee: str, permission: str) -> Grant:
    return Grant(grantee=grantee, permission=permission)
