from custodes.kernel.refusal import Kind, Refusal, denied, locked, unavailable
from custodes.protocols.kms_v2.refusals import said


def test_a_no_is_a_status_of_grpc_with_our_code():
    assert said(denied("forbidden")) == ("PERMISSION_DENIED", "forbidden")
    assert said(locked("customer-killed")) == ("FAILED_PRECONDITION", "customer-killed")
    assert said(unavailable("keyroom-gone")) == ("UNAVAILABLE", "keyroom-gone")
    assert said(Refusal("wrap-mismatch", Kind.BROKEN)) == ("INTERNAL", "broken")
