import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.acl import ALL, Grant, canned
from custodes.protocols.s3.configs import acls
from custodes.protocols.s3.messages import Head


def head(**headers: str) -> Head:
    pairs = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return Head(method="PUT", raw_path=b"/b", headers=pairs)


def test_read_as_written():
    acl = (*canned("public-read", "me"), Grant(grantee="you", permission="WRITE_ACP"))
    document = acls.write_acl(acl, ("me", "Registry"), {"you": "Archive"})
    assert acls.read_acl(document) == acl
    assert b"<DisplayName>Archive</DisplayName>" in document


def test_headers():
    assert acls.said_acl(head(), "me") is None
    assert acls.said_acl(head(x_amz_acl="private"), "me") == canned("private", "me")
    said = acls.said_acl(head(x_amz_grant_read=f'id="you", uri="{ALL}"'), "me")
    assert said == (Grant(grantee="you", permission="READ"), Grant(grantee=ALL, permission="READ"))
    for bad, code in (
        ({"x_amz_acl": "private", "x_amz_grant_read": "id=a"}, "acl-said-twice"),
        ({"x_amz_grant_read": "you"}, "acl-invalid"),
        ({"x_amz_grant_read": "uri=http://elsewhere"}, "acl-invalid"),
        ({"x_amz_grant_read": "emailAddress=a@b"}, "acl-grantee-unknown"),
    ):
        with pytest.raises(Refusal, match=code):
            acls.said_acl(head(**bad), "me")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<AccessControlPolicy>", "xml-malformed"),
        (b"<AccessControlPolicy/>", "acl-malformed"),
        (b"<AccessControlPolicy><Owner/><AccessControlList/></AccessControlPolicy>", "acl-malformed"),
        (b"<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList><Grant/></AccessControlList></AccessControlPolicy>", "acl-malformed"),  # noqa: E501 - one document, one line
        (b"<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList><Grant><Grantee><ID>a</ID></Grantee></Grant></AccessControlList></AccessControlPolicy>", "acl-malformed"),  # noqa: E501 - one document, one line
        (b"<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList><Grant><Grantee><EmailAddress>a</EmailAddress></Grantee></Grant></AccessControlList></AccessControlPolicy>", "acl-grantee-unknown"),  # noqa: E501 - one document, one line
        (b"<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList><Grant><Grantee><ID/></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>", "acl-malformed"),  # noqa: E501 - one document, one line
        (b"<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList><Grant><Grantee><URI>http://x</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>", "acl-invalid"),  # noqa: E501 - one document, one line
    ],
)  # fmt: skip
def test_what_is_none(body, code):
    with pytest.raises(Refusal, match=code):
        acls.read_acl(body)
