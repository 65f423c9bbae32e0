"""Steps about organisations, people and places."""

from msgspec import UNSET

from custodes.acts.asks.parties import CreatePerson, EnrolledPerson, OrganisationView
from custodes.acts.asks.rules import PlaceView, SetLocation
from custodes.kernel import canonical
from custodes.parties.roles import PartyKind

from . import wanted as w
from .ground import (
    NOT_SHOWN,
    Ground,
    command,
    customer_key,
    differing,
    entering,
    key,
    listed,
    organisation_key,
)
from .reading import fault
from .steps import Difference, State, Step, Who

_DOCUMENT = ("enrolment.json", "enrolment.sig")
_SIGN_WITH_ROOT = f"custodes file-key sign --root ROOT.key {_DOCUMENT[0]} > {_DOCUMENT[1]}"
_HAND_IN = command("party", "enrol", *_DOCUMENT)


def organisations(g: Ground) -> list[Step]:
    """Each enters by its own root key's signature, and nothing of it changes by a file."""
    steps: list[Step] = []
    hidden = False
    for number, one in enumerate(g.wanted.organisations):
        path = f"$.organisations[{number}]"
        found = g.organisation(one.name, f"{path}.name")
        if found is None and not g.sees_all:
            hidden = True
        elif found is None:
            who = Who(code="root-key", organisation=one.name)
            more = g.done_by(False, who, _enrolling(one), differences=_entered(one))
            steps.append(g.step(organisation_key(one.name), "organisation", one.name, path, **more))
        elif differences := _differences(one, found):
            place = organisation_key(one.name)
            drift = {"state": State.DRIFT, "differences": differences}
            steps.append(g.step(place, "organisation", one.name, path, **drift))
    return [*steps, *([_not_shown(g, "organisations")] if hidden else [])]


def _entered(one: w.Organisation) -> tuple[Difference, ...]:
    return entering(
        kind=one.kind.value,
        country=one.country,
        group=one.group if one.group is not UNSET else "",
        root_key=one.root_key if one.root_key is not UNSET else "",
    )


def _differences(one: w.Organisation, found: OrganisationView) -> tuple[Difference, ...]:
    return differing(
        ("name", found.name, one.name),
        ("kind", found.kind, one.kind.value),
        ("country", found.country, one.country),
        (
            "group",
            found.controlling_group,
            one.group if one.group is not UNSET else found.controlling_group,
        ),
        ("root_key", found.root_key, one.root_key if one.root_key is not UNSET else found.root_key),
    )


def people(g: Ground) -> list[Step]:
    """People are entered by an administrator; what they may do comes with a key somebody signs for."""
    steps: list[Step] = []
    hidden = False
    listed_at: dict[str, set[str]] = {}
    for number, one in enumerate(g.wanted.people):
        path = f"$.people[{number}]"
        home = g.organisation(one.organisation, f"{path}.organisation")
        if not g.sees_all and (home is None or home.id != g.found.me.organisation):
            hidden = True
            continue
        if home is not None:
            listed_at.setdefault(home.id, set()).add(even(one.mail))
        steps += _person(g, one, path, home)
    if hidden:
        steps.append(_not_shown(g, "people"))
    return [*steps, *(step for pair in listed_at.items() for step in _unlisted(g, *pair))]


def locations(g: Ground) -> list[Step]:
    """Places are the trustee's to enter; a change of one is a change for everybody whose data lies there."""
    steps = []
    for number, one in enumerate(g.wanted.locations):
        path = f"$.locations[{number}]"
        operator = None
        if one.operator is not None and g.sees_all:
            operator = g.organisation(one.operator, f"{path}.operator")
        rows = [row for row in g.found.locations if row.name == one.name]
        if len(rows) > 1:
            raise fault("ambiguous-name", g.line(path), path, one.name)
        step = _location(g, one, path, rows[0] if rows else None, operator)
        if step is not None:
            steps.append(step)
    return steps


def _unlisted(g: Ground, organisation: str, mails: set[str]) -> list[Step]:
    """People of an organisation of which the file names some, and not them."""
    home = g.found.organisation(organisation)
    steps = []
    for row in home.people if home is not None else ():
        if not (row.roles or row.signs) or even(row.mail) in mails:
            continue
        leave = ("party", "leave", row.id, "--organisation", organisation, "--reason", "not in the file")
        more = {
            "state": State.DRIFT,
            "differences": differing(("roles", listed(row.roles), "")),
            "commands": (command(*leave),),
        }
        place = key("person", row.mail or row.id, organisation)
        steps.append(g.step(place, "person", row.mail or row.name, "", **more))
    return steps


def even(mail: str) -> str:
    """One spelling of an address, as far as a file may differ from a row."""
    return mail.strip().casefold()


def person_key(one: w.Person, *parts: str) -> str:
    """The key of a person's step, or of something about him."""
    return key("person", even(one.mail), *parts)


def _person(g: Ground, one: w.Person, path: str, home: OrganisationView | None) -> list[Step]:
    place = person_key(one)
    row, is_here = _known(g, one, home)
    steps: list[Step] = []
    if row is None:
        country = one.country if one.country is not UNSET else ""
        ask = CreatePerson(g.evidence, one.name, one.mail, country)
        is_mine = g.may("party:enrol") and g.found.me.party_kind == PartyKind.TRUSTEE
        words = ("party", "person", "--name", one.name, "--mail", one.mail)
        commands = (command(*words, *(("--country", country) if country else ())),)
        new = entering(name=one.name, country=country)
        more = g.done_by(is_mine, Who(code="administrator"), commands, ask=ask, differences=new)
        steps.append(g.step(place, "person", one.mail, path, **more))
    else:
        country = one.country if one.country is not UNSET else row.country
        differences = differing(("name", row.name, one.name), ("country", row.country, country))
        if differences:
            more = {"state": State.DRIFT, "differences": differences}
            steps.append(g.step(person_key(one, "self"), "person", one.mail, path, **more))
    return [*steps, *_roles(g, one, path, home, row if is_here else None), *_vetting(g, one, path, row)]


def _known(g: Ground, one: w.Person, home: OrganisationView | None) -> tuple[EnrolledPerson | None, bool]:
    """The person with this address, and whether he acts for the organisation; his row there if he does."""
    found = g.found.organisations
    here = next((row for row in (home.people if home else ()) if even(row.mail) == even(one.mail)), None)
    if here is not None:
        return here, True
    rows = [row for each in (found.organisations if found else ()) for row in each.people]
    rows += found.nobodys if found else ()
    return next((row for row in rows if even(row.mail) == even(one.mail)), None), False


def _roles(
    g: Ground, one: w.Person, path: str, home: OrganisationView | None, row: EnrolledPerson | None
) -> list[Step]:
    """A key for him, with his roles; roles too many are drift, because only leaving ends them."""
    have = set(row.roles) if row else set()
    missing, surplus = set(one.roles) - have, have - set(one.roles)
    steps = []
    place = f"{path}.roles"
    if missing:
        after = _before_roles(g, one, home)
        known = _known(g, one, home)[0]
        ids = (known.id, home) if known and home and not after else None
        more = g.done_by(
            False,
            Who(code="person-and-officer", organisation=one.organisation, person=one.name),
            _credential(one, *ids) if ids else (),
            after=after,
            link="/account" if row is not None and row.signs else "",
            differences=differing(("roles", listed(have), listed(have | missing))),
        )
        steps.append(g.step(person_key(one, one.organisation, "key"), "key-of", one.mail, place, **more))
    if surplus and row is not None and home is not None:
        leave = command("party", "leave", row.id, "--organisation", home.id, "--reason", "other roles")
        steps.append(
            g.step(
                person_key(one, one.organisation, "roles"),
                "roles",
                one.mail,
                place,
                state=State.DRIFT,
                differences=differing(("roles", listed(have | missing), listed(one.roles))),
                commands=(leave,),
            )
        )
    return steps


def _before_roles(g: Ground, one: w.Person, home: OrganisationView | None) -> tuple[str, ...]:
    """What must stand before his key can be enrolled: person, organisation, and a customer's customer."""
    after = []
    if _known(g, one, home)[0] is None:
        after.append(person_key(one))
    if home is None:
        after.append(organisation_key(one.organisation))
    elif home.kind != PartyKind.CUSTOMER or home.customers:
        return tuple(after)
    own = next((row for row in g.wanted.customers if row.organisation == one.organisation), None)
    return (*after, customer_key(own)) if own is not None else tuple(after)


def _vetting(g: Ground, one: w.Person, path: str, row: EnrolledPerson | None) -> list[Step]:
    if not one.vetted or (row is not None and row.is_vetted):
        return []
    commands: tuple[str, ...] = ()
    if row is not None:
        vet = ("party", "vet", row.id, "--generation", str(row.generation))
        commands = (
            command(*vet, "--document", "vetting.json"),
            "custodes file-key sign --credential SECOND-OFFICER OTHER.key vetting.json > vetting.sig",
            command(*vet, "--key-file", "YOUR.key", "--approval", "vetting.sig"),
        )
    after = () if row is not None else (person_key(one),)
    more = g.done_by(False, Who(code="two-officers", person=one.name), commands, after=after)
    return [g.step(person_key(one, "vetting"), "vetting", one.mail, f"{path}.vetted", **more)]


def _enrolling(one: w.Organisation) -> tuple[str, ...]:
    """How an organisation enters: its document is made, signed with its root key, and handed in."""
    words = ["party", "organisation", "--name", one.name, "--kind", one.kind.value, "--country", one.country]
    if one.group is not UNSET:
        words += ["--group", one.group]
    fresh: tuple[str, ...] = ()
    if one.root_key is UNSET:
        fresh = ("custodes file-key new ROOT.key",)
        public = '--root-public "$(custodes file-key public ROOT.key)"'
    else:
        public = f"--root-public {one.root_key}"
    return (*fresh, f"{command(*words)} {public} --save {_DOCUMENT[0]}", _SIGN_WITH_ROOT, _HAND_IN)


def _credential(one: w.Person, person: str, home: OrganisationView) -> tuple[str, ...]:
    words = ["party", "credential", person, "YOUR.pub", "--organisation", home.id]
    if home.kind == PartyKind.CUSTOMER and home.customers:
        words += ["--customer", home.customers[0]]
    for role in one.roles:
        words += ["--role", role]
    return (
        "custodes file-key new YOUR.key",
        "custodes file-key public YOUR.key > YOUR.pub",
        command(*words, "--signer", "root", "--out", _DOCUMENT[0]),
        _SIGN_WITH_ROOT,
        _HAND_IN,
        "custodes sign-in --credential CREDENTIAL --key-file YOUR.key --out YOUR.token",
    )


def _location(
    g: Ground, one: w.Location, path: str, row: PlaceView | None, operator: OrganisationView | None
) -> Step | None:
    after = (organisation_key(one.operator),) if one.operator is not None and operator is None else ()
    store = one.store if one.store is not UNSET else (row.store if row else "")
    sees_store = one.store is not UNSET and (row is None or bool(row.store))
    differences = differing(
        ("country", row.country if row else "", one.country or ""),
        ("operator", row.operator if row else "", one.operator or ""),
        ("jurisdictions", listed(row.jurisdictions) if row else "", listed(one.jurisdictions)),
        *((("store", row.store if row else "", store),) if sees_store else ()),
    )
    if row is not None and not differences:
        return None
    is_mine = g.may("location:change")
    if is_mine and not store:
        raise fault("store-missing", g.line(path), path, one.name)
    document = canonical.encode(
        {
            "name": one.name,
            "country": one.country,
            "operator": operator.id if operator else None,
            "jurisdictions": list(one.jurisdictions),
            "is_demo": g.found.house.demo,
        }
    )
    id_, generation = (row.id, row.generation) if row else ("", 0)
    more = g.done_by(
        is_mine,
        Who(code="administrator"),
        (command("apply", "-f", g.file),),
        ask=SetLocation(g.evidence, document, store, id_, generation),
        after=after,
        state=State.CHANGE if row else State.CREATE,
        differences=differences,
        weaker=(f"place-moved:{one.name}",) if row else (),
        generation=generation,
    )
    return g.step(key("location", one.name), "location", one.name, path, **more)


def _not_shown(g: Ground, section: str) -> Step:
    return g.step(key(section, "-"), section, NOT_SHOWN, f"$.{section}", state=State.UNMANAGED)
