from custodes.kernel.refusal import Kind, Refusal, denied, locked, malformed
from custodes.protocols.transit.refusals import FAULTS, said


def test_a_stranger_learns_nothing_and_a_denied_one_the_rule():
    assert said(Refusal("no-such-thing", Kind.ABSENT)) == (404, ())
    assert said(Refusal("not-authenticated", Kind.UNAUTHENTICATED)) == (403, ("permission denied",))
    no = denied("role-missing", why=("You lack a role that may do this.",))
    assert said(no) == (403, ("permission denied", "You lack a role that may do this."))


def test_what_is_locked_says_by_what_and_sealed_is_what_tools_wait_for():
    assert said(locked("customer-killed")) == (403, ("permission denied: locked: customer-killed",))
    assert said(locked("house-sealed")) == (503, ("Vault is sealed",))


def test_a_fault_has_one_text_and_a_parameter_is_named():
    assert said(malformed("ciphertext-mismatch")) == (400, ("cipher: message authentication failed",))
    named = said(malformed("unsupported-parameter", name="nonce"))
    assert named == (400, (FAULTS["unsupported-parameter"] + ": nonce",))
    assert said(Refusal("broken", Kind.BROKEN)) == (500, ("internal error",))
