from custodes.custody.holder import holder_gone, holder_sealed, wrong_secret
from custodes.kernel.refusal import Kind


def test_the_ports_refusals_have_stable_codes():
    assert (holder_sealed().code, holder_sealed().kind) == ("holder-sealed", Kind.LOCKED)
    assert (holder_gone().code, holder_gone().kind) == ("holder-gone", Kind.UNAVAILABLE)
    assert (wrong_secret().code, wrong_secret().kind) == ("wrong-secret", Kind.DENIED)
