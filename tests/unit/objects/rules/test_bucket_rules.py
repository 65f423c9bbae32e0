from custodes.objects.rules.bucket_rules import OWNERSHIPS, BucketRules, enforces_owner


def test_only_one_ownership_enforces_the_owner():
    said = {one: enforces_owner(BucketRules(bucket="bkt-1", ownership=one)) for one in ("", *OWNERSHIPS)}
    assert [one for one, enforces in said.items() if enforces] == ["BucketOwnerEnforced"]
    assert not enforces_owner(None)
