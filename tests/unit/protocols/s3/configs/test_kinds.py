import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.protocols.s3.configs.kinds import KINDS
from custodes.protocols.s3.operations import BY_NAME

EMPTY = BucketRules(bucket="bkt-1")
ABSENT = {
    "cors": "cors-absent",
    "lifecycle": "lifecycle-absent",
    "tagging": "tags-absent",
    "encryption": "encryption-absent",
    "ownershipControls": "ownership-absent",
    "publicAccessBlock": "public-access-absent",
    "policy": "policy-absent",
}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_has_its_operations_and_says_that_there_is_nothing(name):
    kind = KINDS[name]
    assert all(one in BY_NAME for one in (kind.get, kind.put, kind.delete) if one)
    assert (kind.read is None) == (not kind.put)
    assert (kind.drop is None) == (not kind.delete)
    if name in ABSENT:
        with pytest.raises(Refusal, match=ABSENT[name]):
            kind.write(EMPTY, "")
    else:
        assert isinstance(kind.write(EMPTY, ""), bytes)


def test_a_policy_is_read_for_its_bucket_and_dropped():
    kind = KINDS["policy"]
    body = b'{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*"}}'  # noqa: E501 - one document, one line
    made = kind.read(body, EMPTY, "a")
    assert kind.write(made, "") == body
    assert b"<IsPublic>false</IsPublic>" in KINDS["policyStatus"].write(made, "a")
    assert kind.drop(made, "") == EMPTY
    with pytest.raises(Refusal, match="policy-malformed"):
        kind.read(body, EMPTY, "b")
