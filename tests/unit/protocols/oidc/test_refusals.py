import pytest

from custodes.kernel.refusal import Kind
from custodes.protocols.oidc.refusals import KINDS, of_issuer


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        ("access_denied", "issuer-said-no", Kind.DENIED),
        ("temporarily_unavailable", "issuer-unreachable", Kind.UNAVAILABLE),
        ("invalid_scope", "issuer-refused", Kind.MALFORMED),
        ("<script>", "issuer-refused", Kind.MALFORMED),
    ],
)
def test_what_an_issuer_says(error, code, kind):
    no = of_issuer(error)
    assert (no.code, no.kind, dict(no.facts)) == (code, kind, {})
    assert KINDS[kind] >= 400
