"""One's own account: what one may do, a new passkey, and, for officers, enrolling somebody else's."""

import asyncio

from custodes.acts.asks.parties import (
    BeginPasskey,
    CredentialView,
    Enrol,
    LookParties,
    MakeCredential,
    PartyView,
)
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.views import account as views
from custodes.web.console.views.shell import Line, Option
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from . import signing
from .facts import Names, moment, names
from .visit import Desk, Visit, form, page, peer_of, seated

LABEL_CHARS_MAX = 100
DOCUMENT_BYTES_MAX = 16_384
KINDS = {"customer": 0, "trustee": 1, "custodian": 2, "supplier": 3}  # in this order on the page
OFFICERS = {
    "customer": "owner",
    "trustee": "administrator",
}  # who enrols beside the root key, by kind of party
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class EnrolQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`document`: an enrolment document somebody asks to have signed (base64url); `done`: it was."""

    document: str = ""
    done: str = ""


class AccountPages:
    """`/account` and `/enrol`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Who one is here, and the form for a new passkey."""
        return await self._account(call, visit, None, None)

    async def passkey(self, call: Call, visit: Visit) -> Reply:
        """A new passkey: it stands only once an officer has signed its document."""
        given = call.taken(Form)
        try:
            ask = MakeCredential(
                visit.evidence,
                "passkey",
                visit.me.person or "",
                given.one("label").strip()[:LABEL_CHARS_MAX] or "passkey",
                organisation=visit.me.organisation or "",
                customer=visit.customer if visit.me.party_kind == "customer" else None,
                public=signing.assertion(given).registered(),
                challenge=given.one("challenge"),
                roles=visit.me.roles,
                signer=given.one("signer"),
            )
            made = await self._desk.doors.ask(ask)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._account(call, visit, None, refusal)
        return await self._account(call, visit, self._link(visit, made.document), None)

    async def enrolment(self, call: Call, visit: Visit) -> Reply:
        """What an officer is asked to sign, spelled out."""
        query = call.asked(EnrolQuery)
        return await self._enrolment(call, visit, query.document, None, done=query.done)

    async def enrol(self, call: Call, visit: Visit) -> Reply:
        """The officer's signature over the document, handed in with it."""
        given = call.taken(Form)
        text = given.one("document")
        try:
            document = _document(text)
            mine = await signing.signature(self._desk.doors, visit.evidence, document, given)
            done = await self._desk.doors.ask(Enrol(visit.evidence, document, mine))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._enrolment(call, visit, text, refusal)
        return see_other(f"/enrol?done={done.id}")

    async def people(self, call: Call, visit: Visit) -> Reply:
        """Everybody towards the customer looked at, by organisation."""
        found = await self._desk.doors.ask(LookParties(visit.evidence, visit.customer))
        homes: dict[str, list[PartyView]] = {}
        for one in found.parties:
            homes.setdefault(one.organisation, []).append(one)
        rows = [_organisation(members) for members in homes.values()]
        view = views.PeopleView(
            customer=visit.customer_name,
            organisations=tuple(sorted(rows, key=lambda row: (KINDS.get(row.kind, 9), row.name))),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/account", "account", seated(desk, self.show)),
            form("/account/passkey", "account-passkey", seated(desk, self.passkey)),
            page("/people", "people", seated(desk, self.people)),
            page("/enrol", "enrol-check", seated(desk, self.enrolment), EnrolQuery),
            form("/enrol", "enrol", seated(desk, self.enrol)),
        )

    async def _account(self, call: Call, visit: Visit, link: str | None, refusal: Refusal | None) -> Reply:
        me = visit.me
        begun, known = await asyncio.gather(
            self._desk.doors.ask(BeginPasskey("register", visit.evidence, peer=peer_of(call))),
            names(self._desk, visit, visit.customer),
        )
        lines = [
            Line(label="person", value=me.name),
            Line(label="organisation", value=me.organisation_name),
            *(Line(label="role", value=role, is_role=True) for role in me.roles),
        ]
        view = views.AccountView(
            lines=tuple(lines),
            credentials=tuple(credential_row(one) for one in me.credentials),
            has_passkey=me.has_passkey,
            is_vetted=me.is_vetted,
            passkey=signing.enrolling(begun, visit.house.name),
            challenge=begun.challenge,
            officers=_officers(visit, known),
            link=link,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    def _link(self, visit: Visit, document: bytes) -> str:
        customer = f"customer={visit.customer}&" if visit.customer else ""
        return f"{self._desk.origin}/enrol?{customer}document={signing.text_of(document)}"

    async def _enrolment(
        self, call: Call, visit: Visit, text: str, refusal: Refusal | None, *, done: str = ""
    ) -> Reply:
        lines: tuple[Line, ...] = ()
        passkey = None
        if text:
            document = _document(text)
            known = await names(self._desk, visit, visit.customer)
            lines = _lines(document, known)
            digest = signing.digest_of(document)
            asked = await signing.to_sign(self._desk.doors, visit.evidence, digest)
            passkey = signing.asking(asked, digest)
        view = views.EnrolView(
            lines=lines,
            document=text,
            passkey=passkey,
            done=done,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)


def _organisation(members: list[PartyView]) -> views.OrganisationRow:
    first = members[0]
    return views.OrganisationRow(
        name=first.organisation_name,
        kind=first.party_kind,
        group=first.controlling_group,
        people=tuple(
            views.PersonRow(
                name=one.name,
                is_application=one.kind == "application",
                roles=one.roles,
                is_vetted=one.is_vetted,
                credentials=tuple(credential_row(key) for key in one.credentials),
            )
            for one in members
        ),
    )


def credential_row(one: CredentialView) -> views.CredentialRow:
    """A credential as pages show it."""
    return views.CredentialRow(
        id=one.id,
        kind=one.kind,
        label=one.label,
        state=one.state,
        created_at=moment(one.created_at),
        expires_at=moment(one.expires_at) if one.expires_at else None,
    )


def _officers(visit: Visit, known: Names) -> tuple[Option, ...]:
    """Whose keys may enrol for the visitor's organisation, himself excepted; `root` is its root key."""
    role = OFFICERS.get(visit.me.party_kind, "")
    found = [
        Option(value=key.id, text=f"{one.name} ({key.label or key.kind})")
        for one in known.parties
        if one.organisation == visit.me.organisation and role in one.roles and one.id != visit.me.person
        for key in one.credentials
        if key.kind in {"passkey", "file-key"} and key.state == "active"
    ]
    return (*found, Option(value="root", text=""))


def _document(text: str) -> bytes:
    try:
        raw = signing.bytes_of(text)
    except ValueError as error:
        raise malformed("malformed-form", field="document") from error
    if not 0 < len(raw) <= DOCUMENT_BYTES_MAX:
        raise malformed("malformed-form", field="document")
    return raw


def _lines(raw: bytes, known: Names) -> tuple[Line, ...]:
    document = canonical.decode(raw)
    row = document.get("credential") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(row, dict):
        raise malformed("not-an-enrolment")
    person, organisation = str(row.get("person") or ""), str(row.get("organisation") or "")
    roles = document.get("roles")
    return (
        Line(label="person", value=known.people.get(person, person)),
        Line(label="organisation", value=known.organisation(organisation)),
        Line(label="kind", value=str(row.get("kind", "")), is_code=True),
        Line(label="credential", value=str(row.get("id", "")), is_code=True),
        *(
            Line(label="role", value=str(role), is_role=True)
            for role in (roles if isinstance(roles, list) else [])
        ),
        Line(label="document-hash", value=canonical.b64(signing.digest_of(raw)), is_code=True),
    )
