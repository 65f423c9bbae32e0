from custodes.kernel.refusal import Kind, Refusal, conflict, malformed
from custodes.protocols.scim.refusals import CODES, KINDS, shown


def test_a_refusal_in_scims_form():
    assert shown(conflict("account-in-use"))["scimType"] == "uniqueness"
    assert shown(malformed("scim-filter"))["status"] == "400"
    assert "scimType" not in shown(Refusal("broken", Kind.BROKEN))
    assert {row.status for row in (*CODES.values(), *KINDS.values())} >= {404, 409, 412, 503}
