"""One's own account, and an enrolment an officer is asked to sign."""

from datetime import datetime

from .shell import Line, Option, Passkey, View


class AccountView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`passkey` makes one, `officers` may sign for it (credential id, name; `root`: the root key).

    `link` is what the officer has to open so that the new passkey stands.
    """

    lines: tuple[Line, ...]
    credentials: tuple["CredentialRow", ...]
    has_passkey: bool
    is_vetted: bool
    passkey: Passkey
    challenge: str
    officers: tuple[Option, ...]
    link: str | None = None
    refusal: str | None = None


class CredentialRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One credential; `kind` and `state` are codes of `words.CREDENTIALS`."""

    id: str
    kind: str
    label: str
    state: str
    created_at: datetime
    expires_at: datetime | None


class PersonRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person or application in an organisation, with roles (codes) and credentials."""

    name: str
    is_application: bool
    roles: tuple[str, ...]
    is_vetted: bool
    credentials: tuple[CredentialRow, ...]


class OrganisationRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One organisation that stands in a role towards the customer; `kind` is a code of `words.PARTIES`."""

    name: str
    kind: str
    group: str
    people: tuple[PersonRow, ...]


class PeopleView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stands in which role towards the customer, and with which credentials."""

    customer: str
    organisations: tuple[OrganisationRow, ...]


class EnrolView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is enrolled, spelled out; `document` travels in the form; `done` is the id that stands now."""

    lines: tuple[Line, ...]
    document: str
    passkey: Passkey | None
    done: str = ""
    refusal: str | None = None
