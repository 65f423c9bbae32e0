"""`custodes party`, `custodes customer`, `custodes whoami`: who there is, what he proves himself with."""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.buckets.bounds import LookCustomerLimits, SetCustomerLimits
from custodes.acts.asks.documents import hash_of, vetting_document
from custodes.acts.asks.parties import (
    CreateApplication,
    CreateCustomer,
    CreatePerson,
    CredentialMade,
    CustomerView,
    EndMembership,
    Enrol,
    Enrolled,
    LookCustomer,
    LookEnrolment,
    LookParties,
    MakeCredential,
    RevokeCredential,
    VetPerson,
    WhoAmI,
)
from custodes.adapters.system import SystemDice
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.enrol import CredentialEnrolment, OrganisationEnrolment, RootSignature, document_bytes
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Organisation

from .speech import Asker, reaching, signing
from .speech.options import APPROVAL_HELP, FILE, bounded, passphrase_from

ROOT = "root"
_CUSTOMER = click.option("--customer", required=True, help="Id of the customer.")
_WRITE = click.Path(dir_okay=False, path_type=Path)
_KINDS = click.Choice([kind.value for kind in PartyKind])


@click.command()
@reaching
def whoami(asker: Asker) -> None:
    """Who your token says you are, and what you may look at."""
    me = asker.ask(WhoAmI(asker.evidence))
    asker.pairs(
        me,
        {
            "name": me.name,
            "person": me.person,
            "acts for": f"{me.organisation_name} ({me.party_kind})",
            "organisation": me.organisation,
            "roles": me.roles,
            "credential": me.credential,
            "customers": "\n".join(f"{id_} {name}" for id_, name in me.customers),
            "can sign with": me.signing,
        },
    )


@click.group("party")
def parties() -> None:
    """Organisations, persons, and what they prove themselves with."""


@parties.command("list")
@_CUSTOMER
@reaching
def list_parties(asker: Asker, *, customer: str) -> None:
    """Who stands in which role towards a customer."""
    found = asker.ask(LookParties(asker.evidence, customer))
    rows = (
        (
            one.id,
            one.name,
            one.kind,
            one.organisation_name,
            one.party_kind,
            one.roles,
            one.is_vetted,
            len(one.credentials),
        )
        for one in found.parties
    )
    columns = ("id", "name", "is", "acts for", "which is", "roles", "vetted")
    asker.rows(found, columns, rows)


@parties.command("organisation")
@click.option("--name", required=True, help="Its legal name.")
@click.option("--kind", type=_KINDS, required=True, help="What it is to the installation.")
@click.option("--group", help="Who controls it; entities of one group count as one. Else it stands alone.")
@click.option("--country", required=True, help="Two letters, such as DE.")
@click.option("--root-public", help="Its root key (base64) where --key-file is not its root key.")
@click.option("--save", type=_WRITE, help="Only write the document here, for its root key to sign.")
@signing
def organisation(
    asker: Asker,
    *,
    name: str,
    kind: str,
    group: str | None,
    country: str,
    root_public: str | None,
    save: Path | None,
) -> None:
    """Enrol an organisation by a document that its own root key signs: give that key with --key-file.

    Or --save the document, have it signed elsewhere (`custodes file-key sign --root`), and hand both in
    with `custodes party enrol`.
    """
    public = root_public if root_public is not None else canonical.b64(asker.key.public)
    id_ = new_id("org", SystemDice())
    house = asker.look()
    row = Organisation(
        id=id_,
        name=name,
        kind=PartyKind(kind),
        controlling_group=group or id_,
        country=country,
        root_key=public,
        enrolled_at=to_text(asker.clock.now()),
        is_demo=house.demo,
    )
    document = document_bytes(
        OrganisationEnrolment(v="custodes/enrol-organisation/v1", house=house.id, organisation=row)
    )
    if save is not None:
        save.write_bytes(document)
        asker.pairs({"id": id_, "document": str(save)}, {"organisation": id_, "document": save})
        return
    signature = RootSignature(signature=canonical.b64(asker.key.sign(hash_of(document))))
    raw = canonical.encode(msgspec.to_builtins(signature))
    _show_enrolled(asker, asker.ask(Enrol(asker.evidence, document, raw)))


@parties.command("enrol")
@click.argument("document", type=FILE)
@click.argument("signature", type=FILE)
@reaching
def enrol(asker: Asker, *, document: Path, signature: Path) -> None:
    """Hand in a signed enrolment document of an organisation or of a credential."""
    ask = Enrol(asker.evidence, document.read_bytes(), signature.read_bytes().strip())
    _show_enrolled(asker, asker.ask(ask))


@parties.command("enrolment")
@click.argument("subject")
@reaching
def enrolment(asker: Asker, *, subject: str) -> None:
    """The documents that lead from a key back to its organisation's root key."""
    found = asker.ask(LookEnrolment(asker.evidence, subject))
    rows = (
        (one.subject, one.enrolled_at, one.document.decode("utf-8", "replace")) for one in found.enrolments
    )
    asker.rows(found, ("subject", "enrolled", "document"), rows)


@parties.command("person")
@click.option("--name", required=True, help="As people know it; can be erased.")
@click.option("--mail", default="", help="For invitations and sign-in; can be erased.")
@click.option("--country", default="", help="Two letters, such as DE.")
@reaching
def person(asker: Asker, *, name: str, mail: str, country: str) -> None:
    """Enter a person. He may do nothing until a credential with roles is enrolled for him."""
    _show_enrolled(asker, asker.ask(CreatePerson(asker.evidence, name, mail, country)))


@parties.command("vet")
@click.argument("person_id", metavar="PERSON")
@click.option("--generation", type=int, default=1, help="Of the person's row, as enrolled.")
@click.option("--document", "save", type=_WRITE, help="Only write what is to be signed here.")
@click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)
@signing
def vet(
    asker: Asker, *, person_id: str, generation: int, save: Path | None, approvals: tuple[Path, ...]
) -> None:
    """Say, with another officer, that you have seen a person's identity document."""
    document = vetting_document(asker.look().id, person_id, generation)
    if save is not None:
        save.write_bytes(document)
        asker.pairs({"document": str(save)}, {"document": save})
        return
    signatures = (asker.sign(document), *(path.read_bytes().strip() for path in approvals))
    _show_enrolled(asker, asker.ask(VetPerson(asker.evidence, person_id, signatures)))


@parties.command("leave")
@click.argument("person_id", metavar="PERSON")
@click.option("--organisation", required=True, help="For which he acts no more.")
@click.option("--reason", required=True, help="Why; stands in the log.")
@reaching
def leave(asker: Asker, *, person_id: str, organisation: str, reason: str) -> None:
    """End what a person is for an organisation, in every role, from now on."""
    done = asker.ask(EndMembership(asker.evidence, person_id, organisation, reason))
    asker.pairs(done, {"done": True})


@parties.command("application")
@_CUSTOMER
@click.option("--name", required=True, help="How people call it.")
@reaching
def application(asker: Asker, *, customer: str, name: str) -> None:
    """Enter a customer's software, so that it can have tokens and S3 keys."""
    _show_enrolled(asker, asker.ask(CreateApplication(asker.evidence, customer, name)))


@parties.command("credential")
@click.argument("holder")
@click.argument("file", type=FILE)
@click.option("--label", default="", help="How the holder tells his keys apart.")
@click.option("--organisation", default="", help="For which he acts with it; else yours.")
@click.option("--customer", help="For which customer, where his organisation is one's.")
@click.option("--role", "roles", multiple=True, help="Role that comes with it; as often as needed.")
@click.option("--signer", default=ROOT, help="Who signs: `root`, or an officer's credential.")
@click.option("--out", "target", type=_WRITE, required=True, help="Where the document to be signed goes.")
@reaching
def credential(  # noqa: PLR0913 - one parameter per option, given by name
    asker: Asker,
    *,
    holder: str,
    file: Path,
    label: str,
    organisation: str,
    customer: str | None,
    roles: tuple[str, ...],
    signer: str,
    target: Path,
) -> None:
    """Write the document by which the file key FILE is enrolled for a person.

    It stands when the document comes back signed: `custodes file-key sign`, then `custodes party enrol`.
    FILE may hold the public key alone, as `custodes file-key public` prints it. What the root key signs is
    written here, for whoever prepares it; what an officer signs, by the installation, for the officer.
    """
    if signer == ROOT:
        _for_root(asker, (holder, organisation, customer), public_key(file), roles, (label, target))
        return
    ask = MakeCredential(
        evidence=asker.evidence,
        kind="file-key",
        holder=holder,
        label=label,
        organisation=organisation,
        customer=customer,
        public=public_key(file),
        roles=roles,
        signer=signer,
    )
    made = asker.ask(ask)
    target.write_bytes(made.document)
    _show_document(asker, made.id, target)


def _for_root(
    asker: Asker,
    whose: tuple[str, str, str | None],
    public: bytes,
    roles: tuple[str, ...],
    kept: tuple[str, Path],
) -> None:
    """The document as the root key signs it; `whose` is person, organisation, customer; `kept` label, file.

    The first people of an organisation come this way: it has no officer yet who could ask for it.
    """
    (person_id, organisation, customer), (label, target) = whose, kept
    house, at = asker.look(), to_text(asker.clock.now())
    row = Credential(
        id=new_id("crd", SystemDice()),
        kind=CredentialKind.FILE_KEY,
        organisation=organisation or asker.ask(WhoAmI(asker.evidence)).organisation or "",
        person=person_id,
        customer=customer,
        public=canonical.b64(public),
        created_at=at,
        label=label,
        is_demo=house.demo,
    )
    document = CredentialEnrolment(
        v="custodes/enrol-credential/v1", house=house.id, credential=row, roles=roles, signer=ROOT, at=at
    )
    target.write_bytes(document_bytes(document))
    _show_document(asker, row.id, target)


def _show_document(asker: Asker, credential_id: str, target: Path) -> None:
    plain = {"id": credential_id, "document": str(target)}
    asker.pairs(plain, {"credential": credential_id, "document": target})


def _secret_maker(name: str, kind: str, summary: str) -> None:
    @parties.command(name, help=summary)
    @click.argument("holder")
    @click.option("--label", default="", help="How the holder tells them apart.")
    @click.option("--organisation", default="", help="For which it acts; else yours.")
    @click.option("--customer", help="For which customer, where there is more than one.")
    @click.option("--days", type=click.IntRange(1, 730), help="How long it is good.")
    @click.option("--out", "target", type=_WRITE, help="Where the secret goes; else it is printed, once.")
    @signing
    def make(asker: Asker, *, holder: str, target: Path | None, **more: str) -> None:
        bare = MakeCredential(
            evidence=asker.evidence,
            kind=kind,
            holder=holder,
            label=more["label"],
            organisation=more["organisation"],
            customer=more["customer"],
            days=int(more["days"]) if more["days"] else None,
        )
        ask = asker.signed(bare, 0) if asker.has_key else bare
        _show_secret(asker, asker.ask(ask), target)


_secret_maker("token", "api-token", "Make an API token for a person or an application; shown once.")
_secret_maker("s3-key", "s3-key", "Make an S3 access key for a person or an application; shown once.")


@parties.command("password")
@click.option("--password-file", type=FILE, help="File whose first line is the password; else you are asked.")
@signing
def password(asker: Asker, *, password_file: Path | None) -> None:
    """Set a password of your own for the console, by your signature: with it you look, and add a passkey.

    A new one stands beside the older ones until those are revoked: `custodes party revoke`.
    """
    me = asker.ask(WhoAmI(asker.evidence))
    secret = passphrase_from(password_file, "Your new password", is_new=True).decode()
    bare = MakeCredential(asker.evidence, "password", me.person or "", "Console", secret=secret)
    made = asker.ask(asker.signed(bare, 0))
    asker.pairs({"id": made.id}, {"password": made.id, "name": me.name})


@parties.command("revoke")
@click.argument("credential_id", metavar="CREDENTIAL")
@click.option("--reason", required=True, help="Why; stands in the log.")
@reaching
def revoke(asker: Asker, *, credential_id: str, reason: str) -> None:
    """Take a credential away for good, from its next use on."""
    asker.pairs(
        asker.ask(RevokeCredential(asker.evidence, credential_id, reason)), {"revoked": credential_id}
    )


@click.group("customer")
def customers() -> None:
    """Whose data it is."""


@customers.command("create")
@click.option("--organisation", required=True, help="Id of the enrolled organisation whose data it is.")
@click.option("--name", required=True, help="How people call him.")
@click.option("--holder", default="", help="URI of the holder of his root; else the installation's.")
@reaching
def create(asker: Asker, *, organisation: str, name: str, holder: str) -> None:
    """Make a customer, with a root of his own, logs of his own and the preset rules."""
    _show_customer(asker, asker.ask(CreateCustomer(asker.evidence, organisation, name, holder)))


@customers.command("show")
@click.argument("customer")
@reaching
def show(asker: Asker, *, customer: str) -> None:
    """A customer: his holder, his logs and their slots, and whether a kill stands for him."""
    _show_customer(asker, asker.ask(LookCustomer(asker.evidence, customer)))


@customers.command("limits")
@click.argument("customer")
@click.option("--bytes-max", type=click.IntRange(-1), help="Of all his buckets together; -1: no limit.")
@click.option("--requests-per-s", type=click.IntRange(-1), help="S3 requests, each keyroom; -1: no limit.")
@click.option("--requests-burst", type=click.IntRange(-1), help="How many at once; -1: those of a second.")
@reaching
def limits(
    asker: Asker,
    *,
    customer: str,
    bytes_max: int | None,
    requests_per_s: int | None,
    requests_burst: int | None,
) -> None:
    """How much a customer may store and how fast he may ask; with an option it is set, the others stay."""
    found = asker.ask(LookCustomerLimits(asker.evidence, customer))
    if (bytes_max, requests_per_s, requests_burst) != (None, None, None):
        wanted = (
            bounded(bytes_max, found.bytes_max),
            bounded(requests_per_s, found.requests_per_s),
            bounded(requests_burst, found.requests_burst),
        )
        found = asker.ask(SetCustomerLimits(asker.evidence, customer, *wanted))
    shown = {
        "customer": found.customer,
        "bytes": f"{found.bytes_used} of {found.bytes_max if found.bytes_max is not None else 'no limit'}",
        "versions": found.versions_used,
        "bytes in open uploads": found.upload_bytes_used,
        "S3 requests a second": found.requests_per_s or "no limit",
        "at once": found.requests_burst or found.requests_per_s or "no limit",
    }
    asker.pairs(found, shown)


def _show_customer(asker: Asker, row: CustomerView) -> None:
    asker.pairs(
        row,
        {
            "customer": row.id,
            "name": row.name,
            "organisation": row.organisation,
            "killed": row.killed or "no",
            "sealed": row.sealed,
            "holder": row.holder,
            "logs": "\n".join(f"{name} in slot {row.slots.get(kind)}" for kind, name in row.logs.items()),
            "since": row.created_at,
        },
    )


def _show_enrolled(asker: Asker, done: Enrolled) -> None:
    asker.pairs(
        done, {done.noun: done.id, "generation": done.generation, "entry": f"{done.log}:{done.index}"}
    )


def _show_secret(asker: Asker, made: CredentialMade, target: Path | None) -> None:
    named = {"access id": made.access_id} if made.access_id else {}
    if target is None:
        asker.pairs(made, {"credential": made.id, **named, "secret": made.secret})
        asker.warn("The secret is shown this once.")
        return
    target.touch(mode=0o600)
    target.write_text(f"{made.secret}\n", encoding="ascii")
    plain = {"id": made.id, "access_id": made.access_id, "out": str(target)}
    asker.pairs(plain, {"credential": made.id, **named, "secret written to": target})


def public_key(file: Path) -> bytes:
    """The public half of what FILE holds: a file key, or base64 as `custodes file-key public` prints it."""
    raw = file.read_bytes()
    try:
        plain = canonical.decode(raw) if raw.startswith(b"{") else {"public": raw.decode("ascii").strip()}
        return canonical.unb64(str(plain["public"]) if isinstance(plain, dict) else "")
    except (ValueError, KeyError):
        raise click.UsageError(f"{file.name} holds no public key") from None
