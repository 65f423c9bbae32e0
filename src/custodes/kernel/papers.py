"""Papers that rooms hand to each other and planes pass on: they hold no key and do nothing with one."""

import msgspec

from . import canonical

OFFER_V1 = "custodes/unseal-offer/v1"


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the keyroom offers for one attempt. `public`: X25519, base64; `signature`: Ed25519, base64."""

    attempt: str
    generation: int
    holder: str
    house: str
    public: str
    signature: str = ""

    def document(self) -> bytes:
        """What is signed, and what a share is bound to: everything but the signature."""
        return canonical.encode(
            {
                "v": OFFER_V1,
                "attempt": self.attempt,
                "generation": self.generation,
                "holder": self.holder,
                "house": self.house,
                "public": self.public,
            }
        )


class SealAuditor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who holds a share: a name, the organisation, and an X25519 public key (32 bytes)."""

    name: str
    organisation: str
    public: bytes
