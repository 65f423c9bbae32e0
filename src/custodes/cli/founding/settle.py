"""`custodes settle`: the trustee's organisation and its first people, in a founded installation.

The documents are those of every later enrolment, signed with the organisation's root key. Where that
key lies on another machine they are written to a folder with `--documents`, signed there, and handed in with
`--signed`.
"""

from pathlib import Path

import click
import msgspec

from custodes.acts.asks.documents import hash_of
from custodes.acts.footing.house_body import HouseBody
from custodes.acts.settling import FirstPerson, Settling, SignedDocument
from custodes.adapters.file_key import FileKey
from custodes.adapters.system import SystemClock, SystemDice
from custodes.cli.parties import public_key
from custodes.cli.speech import Asker, reaching
from custodes.cli.speech.options import FILE, FOLDER, open_file_key, passphrase_from
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, malformed
from custodes.parties.enrol import (
    CredentialEnrolment,
    OrganisationEnrolment,
    RootSignature,
    document_bytes,
)
from custodes.parties.roles import ROLES, PartyKind
from custodes.parties.rows import Credential, CredentialKind, Organisation, Person
from custodes.settings import Settings
from custodes.wiring import founding

PEOPLE = "people.json"
ORGANISATION = "organisation.json"
PEOPLE_MIN = 2  # one alone could never have anybody vetted by two
_ROLES = tuple(name for kind, name in ROLES if kind is PartyKind.TRUSTEE and name != "directory")


class _Paper(msgspec.Struct, frozen=True):
    """A document as it is signed, and the name of its file."""

    name: str
    raw: bytes


class _Papers(msgspec.Struct, frozen=True):
    """Everything that is to be signed, and the people it is about."""

    organisation: _Paper
    people: tuple[tuple[Person, _Paper], ...]

    def all(self) -> tuple[_Paper, ...]:
        """In the order in which they are handed in."""
        return (self.organisation, *(paper for _, paper in self.people))


@click.command()
@click.option("--organisation", "name", default="", help="Legal name of the trustee's organisation.")
@click.option("--country", default="", help="Of the organisation and its people: two letters, such as DE.")
@click.option("--group", help="Who controls it; entities of one group count as one. Else it stands alone.")
@click.option("--root", type=FILE, help="Its root key; with --documents the public half is enough.")
@click.option("--root-passphrase-file", type=FILE, help="File whose first line opens the root key.")
@click.option(
    "--person",
    "people",
    nargs=4,
    multiple=True,
    metavar="NAME MAIL KEY ROLES",
    help=f"One of the first people, two at least: KEY is a file key or its public half, ROLES are from "
    f"{', '.join(_ROLES)} with commas between.",
)
@click.option(
    "--documents",
    type=click.Path(file_okay=False, path_type=Path),
    help="Root key elsewhere: only write what it has to sign into this new folder.",
)
@click.option(
    "--signed", type=FOLDER, help="Root key elsewhere: that folder, with a .sig beside each document."
)
@click.option("--passphrase-file", type=FILE, help="File whose first line opens the holder.")
@reaching
def settle(  # noqa: PLR0913 - one parameter per option, given by name
    asker: Asker,
    *,
    name: str,
    country: str,
    group: str | None,
    root: Path | None,
    root_passphrase_file: Path | None,
    people: tuple[tuple[str, str, str, str], ...],
    documents: Path | None,
    signed: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Enrol the trustee's organisation and its first people, once, before the installation is served.

    Whoever does this stands at the machine and vouches for having seen these people; the entries say so. Each
    of them has made a key on his own machine (`custodes file-key new`) and given the public half
    (`custodes file-key public`). Everybody else is enrolled later, by them.
    """
    settings = asker.settings()
    body = founding.body_of(settings)
    if signed is not None:
        papers, signatures = _read(signed)
    else:
        if root is None or not name or not country or len(people) < PEOPLE_MIN:
            raise click.UsageError(
                f"say --organisation, --country, --root and at least {PEOPLE_MIN} times --person; or --signed"
            )
        papers = _papers(body, _organisation(body, (name, country, group), public_key(root)), people)
        if documents is not None:
            _write(asker, documents, papers)
            return
        key = open_file_key(root, root_passphrase_file)
        signatures = {one.name: _signature(key, one.raw) for one in papers.all()}
    _settle(asker, settings, (papers, signatures), passphrase_file)


def _organisation(body: HouseBody, named: tuple[str, str, str | None], public: bytes) -> Organisation:
    name, country, group = named
    id_ = new_id("org", SystemDice())
    return Organisation(
        id=id_,
        name=name,
        kind=PartyKind.TRUSTEE,
        controlling_group=group or id_,
        country=country,
        root_key=canonical.b64(public),
        enrolled_at=to_text(SystemClock().now()),
        is_demo=body.demo,
    )


def _papers(body: HouseBody, home: Organisation, people: tuple[tuple[str, str, str, str], ...]) -> _Papers:
    document = OrganisationEnrolment(v="custodes/enrol-organisation/v1", house=body.id, organisation=home)
    made = []
    for number, (name, mail, key, roles) in enumerate(people, 1):
        person = Person(id=new_id("per", SystemDice()), name=name, mail=mail or None, country=home.country)
        row = Credential(
            id=new_id("crd", SystemDice()),
            kind=CredentialKind.FILE_KEY,
            organisation=home.id,
            person=person.id,
            public=canonical.b64(public_key(_existing(key))),
            created_at=home.enrolled_at,
            label="File key",
            is_demo=body.demo,
        )
        enrolment = CredentialEnrolment(
            v="custodes/enrol-credential/v1",
            house=body.id,
            credential=row,
            roles=_roles(roles),
            signer="root",
            at=home.enrolled_at,
        )
        made.append((person, _Paper(f"person-{number}.json", document_bytes(enrolment))))
    return _Papers(_Paper(ORGANISATION, document_bytes(document)), tuple(made))


def _settle(
    asker: Asker,
    settings: Settings,
    given: tuple[_Papers, dict[str, RootSignature]],
    passphrase_file: Path | None,
) -> None:
    papers, signatures = given

    def signed(paper: _Paper) -> SignedDocument:
        return SignedDocument(document=paper.raw, signature=signatures[paper.name])

    first = tuple(FirstPerson(person=person, enrolments=(signed(paper),)) for person, paper in papers.people)
    wanted = Settling(organisation=signed(papers.organisation), people=first)
    secret = b"" if settings.auto_unseal else passphrase_from(passphrase_file, "Passphrase of the holder")
    house = founding.settle(settings, secret, wanted)
    rows = [(person, _credential(paper.raw)) for person, paper in papers.people]
    plain = {
        "customer": house.id,
        "organisation": house.organisation,
        "people": [{"id": one.id, "name": one.name, "credential": mine} for one, mine in rows],
    }
    lines = {f"{one.name}, {one.id}": f"signs in with --credential {mine}" for one, mine in rows}
    asker.pairs(plain, {"installation": house.id, "organisation": house.organisation, **lines})


def _write(asker: Asker, folder: Path, papers: _Papers) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError:
        raise click.UsageError(f"{folder} is there already, or cannot be made") from None
    for paper in papers.all():
        (folder / paper.name).write_bytes(paper.raw)
    people = [msgspec.to_builtins(person) for person, _ in papers.people]
    (folder / PEOPLE).write_bytes(canonical.encode(people))
    names = [paper.name for paper in papers.all()]
    asker.pairs(
        {"documents": names, "folder": str(folder)}, {"folder": folder, "to be signed": "\n".join(names)}
    )
    asker.say(
        "Each: custodes file-key sign ROOT DOCUMENT --root > DOCUMENT.sig"
        "\nThen: custodes settle --signed FOLDER"
    )


def _read(folder: Path) -> tuple[_Papers, dict[str, RootSignature]]:
    """`bad-form` (malformed) names the file that is missing or none of these."""
    name = PEOPLE
    try:
        people = msgspec.json.decode((folder / name).read_bytes(), type=tuple[Person, ...])
        papers = []
        signatures = {}
        for name in (ORGANISATION, *(f"person-{number}.json" for number in range(1, len(people) + 1))):
            papers.append(_Paper(name, (folder / name).read_bytes()))
            name = f"{name}.sig"  # noqa: PLW2901 - the file that is read next, for the refusal
            raw = (folder / name).read_bytes()
            signatures[papers[-1].name] = msgspec.json.decode(raw, type=RootSignature)
        for person, paper in zip(people, papers[1:], strict=True):
            name = paper.name
            if _read_credential(paper.raw).person != person.id:
                raise ValueError(name)
    except (OSError, ValueError, msgspec.MsgspecError, Refusal):
        raise malformed("bad-form", file=name) from None
    return _Papers(papers[0], tuple(zip(people, papers[1:], strict=True))), signatures


def _credential(raw: bytes) -> str:
    return _read_credential(raw).id


def _read_credential(raw: bytes) -> Credential:
    return msgspec.json.decode(raw, type=CredentialEnrolment).credential


def _signature(key: FileKey, raw: bytes) -> RootSignature:
    return RootSignature(signature=canonical.b64(key.sign(hash_of(raw))))


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise click.UsageError(f"there is no file {text}")
    return path


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(one.strip() for one in text.split(",") if one.strip())
    unknown = [one for one in roles if one not in _ROLES]
    if unknown or not roles:
        raise click.UsageError(f"roles are {', '.join(_ROLES)}; not {text!r}")
    return roles
