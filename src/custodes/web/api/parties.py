"""Who asks, and parties: sessions, organisations, persons, credentials, applications."""

from custodes.acts.asks import Session
from custodes.acts.asks.parties import (
    BeginPasskey,
    CreateApplication,
    CreatePerson,
    CredentialMade,
    Done,
    EndMembership,
    Enrol,
    Enrolled,
    Enrolments,
    LookEnrolment,
    LookOrganisations,
    LookParties,
    MakeCredential,
    Me,
    Organisations,
    Parties,
    PasskeyChallenge,
    RevokeCredential,
    SignedIn,
    SignIn,
    SignOut,
    VetPerson,
    WhoAmI,
)
from custodes.kernel.refusal import malformed
from custodes.web.kit.call import Call

from .asking import SIGNED_IN, Row
from .evidence import evidence_of

_WHO = ("forbidden", "not-authenticated")


def _peer(call: Call) -> dict[str, object]:
    client = call.request.client
    return {"peer": client.host[:64] if client else ""}


def _session(call: Call) -> dict[str, object]:
    """A session ends, not a token: what is no session must not even be sent (`not-a-session`)."""
    evidence = evidence_of(call)
    if not isinstance(evidence, Session):
        raise malformed("not-a-session")
    return {"evidence": evidence}


ROWS = (
    Row(
        method="POST",
        path="/v1/sign-in/challenge",
        name="begin-sign-in",
        action=None,
        ask=BeginPasskey,
        gives=PasskeyChallenge,
        summary="A challenge to sign in with a passkey or a file key; once, within five minutes",
        fixed={"purpose": "sign-in", "evidence": None, "document_hash": b"", "peer": ""},
        make=_peer,
        refusals=("too-many-tries",),
    ),
    Row(
        method="POST",
        path="/v1/sign-in",
        name="sign-in",
        action=None,
        ask=SignIn,
        gives=SignedIn,
        summary="A session: mail and password, or a signature of a challenge; its token is a bearer token",
        fixed={"peer": ""},
        make=_peer,
        refusals=("bad-signature-form", "not-authenticated", "too-many-tries"),
    ),
    Row(
        method="POST",
        path="/v1/sign-out",
        name="sign-out",
        action=SIGNED_IN,
        ask=SignOut,
        gives=Done,
        summary="The session proves nothing any more",
        make=_session,
        refusals=("not-a-session", "not-authenticated"),
    ),
    Row(
        method="POST",
        path="/v1/challenges",
        name="begin-signing",
        action=SIGNED_IN,
        ask=BeginPasskey,
        gives=PasskeyChallenge,
        summary="What is needed to register a passkey, or to have the hash of a document signed",
        fixed={"peer": ""},
        make=_peer,
        refusals=("bad-purpose", "not-authenticated"),
    ),
    Row(
        method="GET",
        path="/v1/me",
        name="who-am-i",
        action=SIGNED_IN,
        ask=WhoAmI,
        gives=Me,
        summary="Who the credential belongs to, its roles, and the customers it may look at",
        refusals=("not-authenticated",),
    ),
    Row(
        method="GET",
        path="/v1/customers/{customer}/parties",
        name="list-parties",
        action="party:read",
        ask=LookParties,
        gives=Parties,
        summary="Who stands in which role towards a customer",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/customers/{customer}/applications",
        name="create-application",
        action="party:enrol",
        ask=CreateApplication,
        gives=Enrolled,
        summary="A customer's application",
        refusals=(*_WHO, "name-taken", "no-such-thing", "bad-name"),
    ),
    Row(
        method="GET",
        path="/v1/organisations",
        name="list-organisations",
        action="party:enrol",
        ask=LookOrganisations,
        gives=Organisations,
        summary="Enrolled organisations and their people, as far as the asker may enrol there",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/enrolments",
        name="enrol",
        action="party:enrol",
        ask=Enrol,
        gives=Enrolled,
        summary="Enrol an organisation or a signing credential by its signed document",
        refusals=(*_WHO, "bad-signature-form", "enrolment-refused", "other-organisation"),
    ),
    Row(
        method="GET",
        path="/v1/enrolments/{subject}",
        name="get-enrolment",
        action="party:read",
        ask=LookEnrolment,
        gives=Enrolments,
        summary="The chain of enrolments from a key back to its organisation's root key",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/persons",
        name="create-person",
        action="party:enrol",
        ask=CreatePerson,
        gives=Enrolled,
        summary="A person, who is nobody's until a credential with roles is enrolled for him",
        refusals=(*_WHO, "bad-person", "mail-in-use"),
    ),
    Row(
        method="POST",
        path="/v1/persons/{person}/vetting",
        name="vet-person",
        action="party:enrol",
        ask=VetPerson,
        gives=Enrolled,
        summary="Two officers have seen the person's identity document and sign so",
        refusals=(*_WHO, "bad-signature-form", "no-such-thing", "not-vetted-by-two", "signature-refused"),
    ),
    Row(
        method="POST",
        path="/v1/persons/{person}/end-membership",
        name="end-membership",
        action="party:revoke",
        ask=EndMembership,
        gives=Done,
        summary="The person acts for that organisation no more",
        refusals=(*_WHO, "no-such-thing", "reason-too-long"),
    ),
    Row(
        method="POST",
        path="/v1/credentials",
        name="make-credential",
        action="party:enrol",
        ask=MakeCredential,
        gives=CredentialMade,
        summary="A token, an S3 key or a password; for a passkey or file key the document to be signed",
        refusals=(*_WHO, "bad-credential", "no-such-thing", "officer-of-another", "sign-first"),
    ),
    Row(
        method="POST",
        path="/v1/credentials/{credential}/revoke",
        name="revoke-credential",
        action="party:revoke",
        ask=RevokeCredential,
        gives=Done,
        summary="For good, from the next use on",
        refusals=(*_WHO, "credential-revoked", "no-such-thing", "reason-too-long"),
    ),
)
