from custodes.protocols.scim.messages import User


def test_a_user_is_not_shown_in_logs():
    assert "nina" not in repr(User(user_name="nina", mail="nina@town.example"))
