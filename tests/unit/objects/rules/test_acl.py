import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules import acl
from custodes.objects.rules.acl import ALL, Grant


def test_canned():
    assert acl.is_private(acl.canned("private", "me"), "me")
    assert acl.is_private(acl.canned("bucket-owner-full-control", "me"), "me")
    theirs = acl.canned("bucket-owner-read", "me", "town")
    assert theirs == (
        Grant(grantee="town", permission="READ"),
        Grant(grantee="me", permission="FULL_CONTROL"),
    )
    public = acl.canned("public-read", "me")
    assert acl.is_public(public)
    assert not acl.is_private(public, "me")
    with pytest.raises(Refusal, match="acl-invalid"):
        acl.canned("public-ready", "me")


def test_who_is_allowed_what():
    both = (*acl.canned("public-read", "me"), Grant(grantee="you", permission="WRITE"))
    assert acl.allows(both, "you", "WRITE")
    assert acl.allows(both, "you", "READ")
    assert not acl.allows(both, "they", "WRITE")
    assert acl.allows(both, "me", "WRITE_ACP")
    assert not acl.allows(both, "they", "READ", ignores_groups=True)


def test_grants_as_they_may_be_kept():
    with pytest.raises(Refusal, match="acl-invalid"):
        acl.check_grants((Grant(grantee=ALL, permission="ALL"),))
    with pytest.raises(Refusal, match="acl-invalid"):
        acl.check_grants((Grant(grantee=ALL, permission="READ"),) * 101)
