"""What stands of one customer, as a file: read back, its plan is empty."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import yaml
from msgspec import UNSET, UnsetType

from custodes.acts.asks.parties import EnrolledPerson, OrganisationView
from custodes.acts.asks.rules import PlaceView
from custodes.kernel import canonical
from custodes.kernel.refusal import absent
from custodes.parties.roles import PartyKind
from custodes.policy.presets import PRESETS

from . import wanted as w
from .customers import choices
from .found import Found, FoundCustomer
from .wanted import FORMAT, Wanted

_HEAD = """\
# What stands of {name}, as `custodes apply --export` wrote it (docs/reference/onboarding.md).
# Secrets, keys and signatures are not in it: they come with persons, never with a file.
"""


def export(found: Found, customer: str) -> str:
    """A file of one customer (id); `no-such-customer` (absent)."""
    one = next((row for row in found.customers if row.view.id == customer), None)
    if one is None:
        raise absent("no-such-customer")
    used = {id_ for bucket in one.all_buckets for id_ in bucket.locations}
    places = [row for row in found.locations if row.id in used]
    operators = {row.operator_id for row in places}
    rows = found.organisations.organisations if found.organisations else ()
    near = [row for row in rows if row.id in {one.view.organisation, *operators} or customer in row.customers]
    home = next((row for row in rows if row.id == one.view.organisation), None)
    wanted = Wanted(
        custodes=FORMAT,
        organisations=tuple(_organisation(row) for row in near),
        people=tuple(_person(row, home) for row in (home.people if home else ()) if _is_managed(row)),
        locations=tuple(_location(row) for row in places),
        customers=(_customer(one, found, home),),
    )
    return _HEAD.format(name=one.view.name) + to_yaml(msgspec.to_builtins(wanted))


def to_yaml(plain: object) -> str:
    """Plain values as YAML that `reading.read` takes."""
    return yaml.dump(plain, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


class _Plain(yaml.SafeDumper):
    """Without anchors, whatever stands in it twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - as PyYAML calls it
        return True


def _organisation(row: OrganisationView) -> w.Organisation:
    return w.Organisation(
        name=row.name,
        kind=PartyKind(row.kind),
        country=row.country,
        group=row.controlling_group,
        root_key=row.root_key,
    )


def _is_managed(row: EnrolledPerson) -> bool:
    return bool(row.mail) and bool(row.roles or row.signs)


def _person(row: EnrolledPerson, home: OrganisationView | None) -> w.Person:
    return w.Person(
        mail=row.mail,
        name=row.name,
        organisation=home.name if home else "",
        roles=row.roles,
        country=row.country or UNSET,
        vetted=row.is_vetted,
    )


def _location(row: PlaceView) -> w.Location:
    return w.Location(
        name=row.name,
        country=row.country or None,
        operator=row.operator or None,
        jurisdictions=row.jurisdictions,
        store=row.store or UNSET,
    )


def _customer(one: FoundCustomer, found: Found, home: OrganisationView | None) -> w.Customer:
    view = one.view
    keys, owners = _by_id(one.live_keys), _by_id(one.applications)
    places = _by_id(found.locations)
    return w.Customer(
        name=view.name,
        organisation=home.name if home else found.me.organisation_name,
        id=view.id,
        holder=view.holder,
        boundary=_boundary(one),
        rules=_rules(one),
        witness_policy=tuple(one.witnesses.policy.splitlines()) if one.witnesses else UNSET,
        applications=tuple(w.Application(name=name) for name in dict.fromkeys(owners.values())),
        keys=tuple(w.CustomerKey(name=name) for name in dict.fromkeys(keys.values())),
        buckets=tuple(
            w.Bucket(
                name=row.name,
                key=keys[row.key] if _is_alone(keys, row.key) else UNSET,
                locations=tuple(places.get(id_, id_) for id_ in row.locations),
                data_class=row.data_class or UNSET,
                owners=tuple(owners[id_] for id_ in row.owners if id_ in owners),
                versioning=row.versioning == "enabled",
            )
            for row in one.all_buckets
        ),
    )


def _by_id(rows: Sequence[Any]) -> dict[str, str]:
    return {row.id: row.name for row in rows}


def _is_alone(names: dict[str, str], id_: str) -> bool:
    """Whether this id has a name that no other has."""
    return id_ in names and Counter(names.values())[names[id_]] == 1


def _boundary(one: FoundCustomer) -> w.Boundary | UnsetType:
    plain = canonical.decode(one.places.boundary) if one.places else {}
    if not isinstance(plain, dict) or not plain:
        return UNSET
    members = {name: plain[name] for name in w.Boundary.__struct_fields__ if name in plain}
    return msgspec.convert(members, w.Boundary)


def _rules(one: FoundCustomer) -> tuple[w.Rule, ...] | UnsetType:
    """As forms; left out where one of them was made by none."""
    found = choices(one.policy.choices) if one.policy else []
    if not found or any(name not in PRESETS for name, _ in found):
        return UNSET
    return tuple(w.Rule(preset=name, filled=dict(filled)) for name, filled in found)
