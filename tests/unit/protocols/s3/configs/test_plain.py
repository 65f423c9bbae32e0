import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.bucket_rules import Encryption, PublicAccess
from custodes.protocols.s3.configs import plain


def test_each_is_read_as_it_is_written():
    tags = (("a", "1"), ("b", "ä +-=._:/@"))
    assert plain.read_tagging(plain.write_tagging(tags)) == tags
    for encryption in (Encryption(), Encryption(algorithm="aws:kms", key="key-1")):
        assert plain.read_encryption(plain.write_encryption(encryption)) == encryption
    assert plain.read_ownership(plain.write_ownership("ObjectWriter")) == "ObjectWriter"
    access = PublicAccess(block_acls=True, restrict=True)
    assert plain.read_public_access(plain.write_public_access(access)) == access


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (plain.read_tagging, b"<Tagging/>"),
        (plain.read_tagging, b"<Tagging><TagSet><Tag><Value>1</Value></Tag></TagSet></Tagging>"),
        (plain.read_encryption, b"<ServerSideEncryptionConfiguration/>"),
        (plain.read_ownership, b"<OwnershipControls><Rule><ObjectOwnership>Mine</ObjectOwnership></Rule></OwnershipControls>"),  # noqa: E501 - one document, one line
        (plain.read_public_access, b"<PublicAccessBlockConfiguration><BlockAll>true</BlockAll></PublicAccessBlockConfiguration>"),  # noqa: E501 - one document, one line
        (plain.read_public_access, b"<PublicAccessBlockConfiguration><BlockPublicAcls>maybe</BlockPublicAcls></PublicAccessBlockConfiguration>"),  # noqa: E501 - one document, one line
        (plain.read_tagging, b'<!DOCTYPE a [<!ENTITY x "y">]><Tagging><TagSet/></Tagging>'),
    ],
)  # fmt: skip
def test_what_is_none_of_them(read, body):
    with pytest.raises(Refusal, match="xml-malformed"):
        read(body)
