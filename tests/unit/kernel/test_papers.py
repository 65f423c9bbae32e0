"""Papers say what they are bound to, and nothing is signed over its own signature."""

import msgspec

from custodes.kernel import canonical
from custodes.kernel.papers import Offer, SealAuditor

OFFER = Offer(attempt="act-1", generation=2, holder="h", house="hse-1", public="cHVi", signature="c2ln")


def test_what_is_signed_of_an_offer_is_everything_but_the_signature():
    said = canonical.decode(OFFER.document())
    assert said == {
        "v": "custodes/unseal-offer/v1",
        "attempt": "act-1",
        "generation": 2,
        "holder": "h",
        "house": "hse-1",
        "public": "cHVi",
    }
    assert msgspec.structs.replace(OFFER, signature="").document() == OFFER.document()
    assert msgspec.structs.replace(OFFER, attempt="act-2").document() != OFFER.document()


def test_an_auditor_is_plain():
    auditor = SealAuditor(name="a", organisation="org-1", public=bytes(32))
    assert msgspec.json.decode(msgspec.json.encode(auditor), type=SealAuditor) == auditor
