from custodes.protocols.transit.messages import Item, Outcome


def test_nothing_of_a_caller_is_shown():
    secret = b"plaintext of a caller"
    for value in (
        Item(body=secret, context=secret, associated=secret, mark=secret),
        Outcome(body=secret, plain=secret),
    ):
        assert "caller" not in repr(value)
