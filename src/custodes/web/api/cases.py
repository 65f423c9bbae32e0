"""Cases on the desks, and grants."""

from collections.abc import Mapping

from custodes.acts.asks.cases import (
    BreakGlassSet,
    Cases,
    CaseView,
    Grants,
    LookCase,
    LookCases,
    LookGrants,
    LookNotices,
    MoveCase,
    Notices,
    OpenCase,
    SetBreakGlass,
)
from custodes.kernel.refusal import malformed
from custodes.web.kit.call import Call

from .asking import SIGNED_IN, Row

IDEMPOTENCY_KEY = "idempotency-key"  # draft-ietf-httpapi-idempotency-key-header section 2.1


def _retry(call: Call) -> Mapping[str, object]:
    """The retry id out of the header, where the body has none; a quoted one without its quotes."""
    said = call.request.headers.get(IDEMPOTENCY_KEY, "").strip()
    if not said:
        return {}
    plain = said[1:-1] if len(said) > 1 and said[0] == said[-1] == '"' else said
    if getattr(call.body, "retry", "") not in {"", plain}:
        raise malformed("bad-retry")
    return {"retry": plain}


_WHO = ("forbidden", "not-authenticated")
ROWS = (
    Row(
        method="GET",
        path="/v1/cases",
        name="list-cases",
        action="lockbox:read",
        ask=LookCases,
        gives=Cases,
        summary="Cases, newest first",
        refusals=(*_WHO, "bad-limit", "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/cases",
        name="open-case",
        action="lockbox:request",
        ask=OpenCase,
        gives=CaseView,
        summary="Open a case at a desk with its first form (docs/reference/desks)",
        documents=("form",),
        make=_retry,
        refusals=(*_WHO, "bad-form", "bad-retry", "move-closed", "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/cases/{case}",
        name="get-case",
        action="lockbox:read",
        ask=LookCase,
        gives=CaseView,
        summary="A case: state, scope, timeline, open moves, why the others are closed, what one would sign",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/cases/{case}/{verb}",
        name="move-case",
        action="lockbox:read",
        ask=MoveCase,
        gives=CaseView,
        summary="Take a move on the version one saw; an approval's signature stands in its form",
        documents=("form",),
        refusals=(*_WHO, "bad-form", "changed-meanwhile", "move-closed", "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/grants",
        name="list-grants",
        action="lockbox:read",
        ask=LookGrants,
        gives=Grants,
        summary="Grants given to the asker, or those of a customer",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/notices",
        name="list-notices",
        action=SIGNED_IN,
        ask=LookNotices,
        gives=Notices,
        summary="Notices of cases that wait to be told to one's own organisation, oldest first",
        refusals=("not-authenticated", "no-such-thing"),
    ),
    Row(
        method="PUT",
        path="/v1/customers/{customer}/break-glass",
        name="set-break-glass",
        action="policy:change",
        ask=SetBreakGlass,
        gives=BreakGlassSet,
        summary="Opt in to emergency access, or out; a signed act",
        refusals=(
            *_WHO,
            "bad-break-glass",
            "malformed-signature",
            "no-such-thing",
            "signature-refused",
            "signature-stale",
        ),
    ),
)
