"""What is asked must be what was signed.

A plane hands over a signature and says what it means. The keyroom reads the signed bytes itself, with the
same parsers, and refuses every ask that says more or something else (`other-than-signed`, unauthenticated).
A condition or a range that was not signed can only narrow what was asked, and is taken as it is; but for
If-Range, which must be signed where the range is.
"""

import hashlib
import hmac
import re

import msgspec

from custodes.acts.footing.identities import Identified
from custodes.kernel.refusal import Refusal, unauthenticated
from custodes.objects.conditions import NONE, Conditions
from custodes.protocols.s3 import requests
from custodes.protocols.s3.canonical import signed_head
from custodes.protocols.s3.operations import Call, Source, call_of

_HEX64 = re.compile(r"[0-9a-f]{64}")
_CONDITIONAL = frozenset(requests.CONDITIONAL)
_CONDITIONS = Conditions.__struct_fields__


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an ask says it is: one of `operations`, and every argument that chooses what is touched."""

    operations: tuple[str, ...]
    bucket: str | None = None
    name: str | None = None
    version: str | None = None
    upload: str | None = None
    part_number: int | None = None
    config: str | None = None
    span: str | None = None
    source: Source | None = None
    conditions: Conditions = NONE
    source_conditions: Conditions = NONE


class Signed:
    """Reads signed requests; `domains` are those below which a host name begins with a bucket."""

    def __init__(self, domains: tuple[str, ...]) -> None:
        self._domains = domains

    def demand(self, who: Identified, wanted: Wanted) -> Call | None:
        """Refuse an ask that is not what was signed; None where the evidence is no signature of requests."""
        if who.verified is None:
            return None
        call = call_of(who.verified.signed, self._domains)
        is_same = (
            call.operation.name in wanted.operations
            and call.bucket == wanted.bucket
            and call.key == wanted.name
            and call.version == wanted.version
            and call.upload == wanted.upload
            and call.part_number == wanted.part_number
            and call.source == wanted.source
            and call.config == wanted.config
            and (call.span is None or call.span == wanted.span)
        )
        if not is_same:
            raise _other()
        signed_names = {name for name, _ in who.verified.signed.headers}
        if call.span is not None and "if-range" not in signed_names and _may_widen(wanted.conditions):
            raise _other()
        if wanted.source is None and not signed_names & _CONDITIONAL:
            return call
        head = signed_head(who.verified.signed)
        _demand_conditions(requests.conditions(head), wanted.conditions)
        if wanted.source is not None:
            signed = requests.copying(head).source_conditions
            _demand_conditions(signed, wanted.source_conditions)
        return call

    def demand_body(self, who: Identified, body: bytes) -> bool:
        """Whether `body` must be believed: True for a signature, whose payload hash it must have."""
        if who.verified is None:
            return False
        payload = who.verified.payload
        if _HEX64.fullmatch(payload) is not None:
            found = hashlib.sha256(body).hexdigest()
            if not hmac.compare_digest(found, payload):
                raise _other()
        return True

    def demand_same(self, said: object, read: object) -> None:
        """Refuse when what an ask says differs from what its body says."""
        if said != read:
            raise _other()


def _demand_conditions(signed: Conditions, wanted: Conditions) -> None:
    for name in _CONDITIONS:
        one = getattr(signed, name)
        if one is not None and one != getattr(wanted, name):
            raise _other()


def _may_widen(wanted: Conditions) -> bool:
    """If-Range alone asks for more than a signed range: for the whole, where that is of another version."""
    return wanted.if_range is not None or wanted.if_range_at is not None


def _other() -> Refusal:
    return unauthenticated("other-than-signed")
