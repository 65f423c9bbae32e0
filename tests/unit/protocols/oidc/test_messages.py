from custodes.protocols.oidc.messages import Asserted, Exchange


def test_what_is_secret_or_personal_is_not_shown():
    made = Exchange(endpoint="https://a.example", form=(("client_secret", "s3cret"),), authorization="s3cret")
    assert "s3cret" not in repr(made)
    assert "Nina" not in repr(Asserted(subject="Nina", name="Nina", mail="Nina", groups=("Nina",)))
