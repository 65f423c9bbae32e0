"""AccessControlPolicy, canned ACLs and grant headers (S3 API Reference, PutBucketAcl, PutObjectAcl)."""

import re

from custodes.kernel.refusal import malformed
from custodes.objects.rules.acl import GROUPS, PERMISSIONS, Acl, Grant, canned, check_grants
from custodes.protocols.s3 import xml
from custodes.protocols.s3.messages import Head
from custodes.protocols.s3.xml import document, element, wrap

GRANT_HEADERS = {
    "x-amz-grant-read": "READ",
    "x-amz-grant-write": "WRITE",
    "x-amz-grant-read-acp": "READ_ACP",
    "x-amz-grant-write-acp": "WRITE_ACP",
    "x-amz-grant-full-control": "FULL_CONTROL",
}
_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^",]{1,256})"?\s*')
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def said_acl(head: Head, owner: str, bucket_owner: str = "") -> Acl | None:
    """What a head says: a canned ACL or grants, not both; None where it says nothing. `owner` is the
    object's or the bucket's.

    `acl-invalid`, `acl-said-twice`, `acl-grantee-unknown` (malformed).
    """
    name = _text(head, "x-amz-acl")
    grants = [
        grant for header, permission in GRANT_HEADERS.items() for grant in _granted(head, header, permission)
    ]
    if name is not None and grants:
        raise malformed("acl-said-twice")
    if name is not None:
        return canned(name, owner, bucket_owner)
    return check_grants(tuple(grants)) if grants else None


def read_acl(body: bytes) -> Acl:
    """AccessControlPolicy (`xml-malformed`, `acl-malformed`, `acl-invalid`, `acl-grantee-unknown`)."""
    root = xml.parse(body, "AccessControlPolicy")
    listed, owner = root.child("AccessControlList"), root.child("Owner")
    if listed is None or owner is None or not owner.value("ID"):
        raise malformed("acl-malformed")
    grants = []
    for child in listed.children:
        grantee = child.child("Grantee")
        if child.name != "Grant" or grantee is None:
            raise malformed("acl-malformed")
        if grantee.child("EmailAddress") is not None:
            raise malformed("acl-grantee-unknown")
        uri, id_ = grantee.value("URI"), grantee.value("ID")
        if not (uri or id_) or child.value("Permission") not in PERMISSIONS:
            raise malformed("acl-malformed")
        if (uri is None) == (id_ is None) or (uri is not None and uri not in GROUPS):
            raise malformed("acl-invalid")
        grants.append(Grant(grantee=uri or id_ or "", permission=child.value("Permission") or ""))
    return check_grants(tuple(grants))


def write_acl(acl: Acl, owner: tuple[str, str], names: dict[str, str]) -> bytes:
    """AccessControlPolicy: `owner` is (id, name), `names` those of the other grantees."""
    rows = []
    for grant in acl:
        if grant.grantee in GROUPS:
            inner = f'<Grantee {_XSI} xsi:type="Group">{element("URI", grant.grantee)}</Grantee>'
        else:
            named = names.get(grant.grantee, grant.grantee)
            about = element("ID", grant.grantee) + element("DisplayName", named)
            inner = f'<Grantee {_XSI} xsi:type="CanonicalUser">{about}</Grantee>'
        rows.append(wrap("Grant", inner, element("Permission", grant.permission)))
    whose = wrap("Owner", element("ID", owner[0]), element("DisplayName", owner[1]))
    return document("AccessControlPolicy", whose, wrap("AccessControlList", *rows))


def _granted(head: Head, header: str, permission: str) -> list[Grant]:
    text = _text(head, header)
    grants = []
    for piece in text.split(",") if text else ():
        found = _GRANTEE.fullmatch(piece)
        if found is None:
            raise malformed("acl-invalid")
        kind, grantee = found.groups()
        if kind == "emailAddress":
            raise malformed("acl-grantee-unknown")
        if kind == "uri" and grantee not in GROUPS:
            raise malformed("acl-invalid")
        grants.append(Grant(grantee=grantee, permission=permission))
    return grants


def _text(head: Head, name: str) -> str | None:
    raw = head.value(name.encode("ascii"))
    return None if raw is None else raw.decode("latin-1")
