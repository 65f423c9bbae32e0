from custodes.kernel.refusal import Kind, Refusal, denied, locked, malformed, unauthenticated
from custodes.protocols.dke.refusals import body, status


def test_a_no_has_its_status_and_its_code():
    assert status(unauthenticated("token-refused", host="x")) == 401
    assert status(denied("caller-not-listed")) == status(locked("customer-killed")) == 403
    assert status(malformed("body-too-large")) == 413
    assert body(denied("caller-not-listed")) == b'{"error":"caller-not-listed"}'


def test_what_is_absent_or_broken_says_no_more_than_that():
    assert body(Refusal("lent-key-absent", Kind.ABSENT)) == b'{"error":"absent"}'
    assert body(Refusal("wrap-mismatch", Kind.BROKEN)) == b'{"error":"broken"}'
