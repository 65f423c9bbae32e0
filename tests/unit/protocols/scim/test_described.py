from custodes.protocols.scim import described
from custodes.protocols.scim.messages import GROUP, USER


def test_it_says_what_it_can_and_no_more():
    said = described.configuration("https://c.example/scim/v2")
    assert said["patch"]["supported"]
    assert said["etag"]["supported"]
    assert said["filter"]["supported"]
    assert not (said["bulk"]["supported"])
    assert not (said["sort"]["supported"])
    assert not (said["changePassword"]["supported"])
    assert [one["schema"] for one in described.resource_types("x")] == [USER, GROUP]
    assert [one["id"] for one in described.schemas("x")] == [USER, GROUP]
    assert all("password" not in str(one).lower() for one in described.schemas("x"))
