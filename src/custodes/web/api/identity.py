"""Identity issuers of the asker's organisation, and who is who at them."""

from custodes.acts.asks.identity import IssuerLinked, Issuers, IssuerView, LinkPerson, LookIssuers, SetIssuer
from custodes.acts.asks.parties import Done
from custodes.acts.asks.roster import (
    CoverView,
    DelegateRole,
    DirectoryToken,
    EndDelegation,
    LeavePerson,
    LookCover,
    MakeDirectoryToken,
    SetCover,
)

from .asking import SIGNED_IN, Row

_WHO = ("forbidden", "not-authenticated")
_SIGNED = ("malformed-signature", "signature-refused", "signature-stale", "signed-before")

ROWS = (
    Row(
        method="GET",
        path="/v1/issuers",
        name="list-issuers",
        action=SIGNED_IN,
        ask=LookIssuers,
        gives=Issuers,
        summary="Identity issuers of one's organisation: their mapping, their keys, what is wrong with them",
        refusals=("not-authenticated",),
    ),
    Row(
        method="POST",
        path="/v1/issuers",
        name="set-issuer",
        action="identity:configure",
        ask=SetIssuer,
        gives=IssuerView,
        summary="Set up an identity issuer, or change one (all its members); a signed act",
        refusals=(*_WHO, *_SIGNED, "bad-issuer", "issuer-fixed", "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/issuers/{issuer}/links",
        name="link-person",
        action="identity:configure",
        ask=LinkPerson,
        gives=IssuerLinked,
        summary="Say which person a subject of the issuer is; a signed act",
        refusals=(*_WHO, *_SIGNED, "bad-subject", "no-such-thing", "signs-for-himself", "subject-linked"),
    ),
    Row(
        method="POST",
        path="/v1/issuers/{issuer}/directory-tokens",
        name="make-directory-token",
        action="identity:configure",
        ask=MakeDirectoryToken,
        gives=DirectoryToken,
        summary="A token for the issuer's directory to provision people by SCIM, shown once; a signed act",
        refusals=(*_WHO, *_SIGNED, "bad-credential", "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/persons/{person}/leave",
        name="leave-person",
        action="party:revoke",
        ask=LeavePerson,
        gives=Done,
        summary="The person left: sessions, tokens, keys, roles and open approvals end together",
        refusals=(*_WHO, "no-such-thing", "other-organisation", "reason-too-long"),
    ),
    Row(
        method="GET",
        path="/v1/cover",
        name="get-cover",
        action=SIGNED_IN,
        ask=LookCover,
        gives=CoverView,
        summary="Who stands in for whom in one's own organisation, who is on call, who leads",
        refusals=("not-authenticated", "no-such-thing"),
    ),
    Row(
        method="PUT",
        path="/v1/organisations/{organisation}/cover",
        name="set-cover",
        action="party:enrol",
        ask=SetCover,
        gives=CoverView,
        summary="Absences with deputies, rota and leads, all anew on the generation seen",
        refusals=(*_WHO, "bad-cover", "cover-changed", "no-such-thing", "other-organisation"),
    ),
    Row(
        method="POST",
        path="/v1/delegations",
        name="delegate-role",
        action="role:delegate",
        ask=DelegateRole,
        gives=CoverView,
        summary="Give one's own approver role to a colleague with a key, for at most 90 days; a signed act",
        refusals=(*_WHO, *_SIGNED, "bad-delegation", "no-such-thing", "not-yours-to-give"),
    ),
    Row(
        method="DELETE",
        path="/v1/delegations/{membership}",
        name="end-delegation",
        action=SIGNED_IN,
        ask=EndDelegation,
        gives=CoverView,
        summary="End a delegation one gave, or may revoke",
        refusals=(*_WHO, "no-such-thing"),
    ),
)
