"""Steps about one customer: himself, his software, keys, boundary, buckets and rules, in this order.

Rules that no longer let officers administer come last: they would forbid the steps before them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.objects import BucketView, CreateBucket, MoveBucket
from custodes.acts.asks.parties import CreateApplication, CreateCustomer
from custodes.acts.asks.rules import SetBoundary, SetPolicy, SetWitnessPolicy
from custodes.boundary.places import AREAS_DEFAULT, Boundary
from custodes.kernel import canonical
from custodes.policy import presets

from . import wanted as w
from .found import FoundCustomer
from .ground import Ground, command, customer_key, differing, entering, key, listed, organisation_key
from .reading import fault
from .steps import Difference, State, Step, Who
from .wanted import managed
from .weakening import Choice, of_boundary, of_rules, of_witnesses

ADMINISTERING = "officers-administer"  # the form that lets officers make keys and buckets


class At(msgspec.Struct, frozen=True, kw_only=True):
    """One customer of the file: where he stands in it, and what stands of him, if he does."""

    g: Ground
    one: w.Customer
    path: str
    found: FoundCustomer | None

    @property
    def id(self) -> str:
        """His id; empty while there is none."""
        return self.found.view.id if self.found else ""

    @property
    def first(self) -> tuple[str, ...]:
        """What comes before everything of his: himself."""
        return () if self.found else (customer_key(self.one),)

    def key(self, *parts: str) -> str:
        """The key of something of his."""
        return customer_key(self.one, *parts)

    def step(self, key: str, noun: str, name: str, path: str, **more: Any) -> Step:  # noqa: ANN401
        """A step of his."""
        return self.g.step(key, noun, name, path, customer=self.one.name, **more)

    def other(self, code: str) -> Who:
        """Somebody of his organisation."""
        return Who(code=code, organisation=self.one.organisation)

    def apply(self) -> tuple[str, ...]:
        """The command with which his owner carries out his part of the same file."""
        return (command("apply", "-f", self.g.file, "--key-file", "YOUR.key"),)


def steps(g: Ground) -> list[Step]:
    """Every step about the customers of the file."""
    made: list[Step] = []
    for number, one in enumerate(g.wanted.customers):
        path = f"$.customers[{number}]"
        at = At(g=g, one=one, path=path, found=_found(g, one, path))
        before = [*_himself(at), *_applications(at), *_keys(at), *_boundary(at), *_witnesses(at)]
        before += _buckets(at, before)
        made += [*before, *_rules(at, before), *_unmanaged(at)]
    return made


def _found(g: Ground, one: w.Customer, path: str) -> FoundCustomer | None:
    """The customer this is; `unknown-name` for an id that is not his to know, as for one nobody has."""
    home = g.organisation(one.organisation, f"{path}.organisation")
    if one.id is not UNSET:
        mine = next((row for row in g.found.customers if row.view.id == one.id), None)
        if mine is None or (home is not None and mine.view.organisation != home.id):
            raise fault("unknown-name", g.line(f"{path}.id"), f"{path}.id", one.id)
        return mine
    rows = [row for row in g.found.customers if row.view.name == one.name]
    if home is not None:
        rows = [row for row in rows if row.view.organisation == home.id]
    elif g.sees_all:
        rows = []  # its organisation is not even enrolled: whoever else is called so is another
    if len(rows) > 1:
        raise fault("ambiguous-name", g.line(path), path, one.name)
    return rows[0] if rows else None


def _himself(at: At) -> list[Step]:
    g, one = at.g, at.one
    if at.found is not None:
        view = at.found.view
        holder = one.holder if one.holder is not UNSET else view.holder
        differences = differing(("name", view.name, one.name), ("holder", view.holder, holder))
        drift = {"state": State.DRIFT, "differences": differences}
        return [at.step(at.key(), "customer", one.name, at.path, **drift)] if differences else []
    home = g.organisation(one.organisation, f"{at.path}.organisation")
    holder = one.holder if one.holder is not UNSET else ""
    more = g.done_by(
        g.may("customer:create"),
        Who(code="administrator"),
        (command("apply", "-f", g.file),),
        ask=CreateCustomer(g.evidence, home.id if home else "", one.name, holder, must_be_new=True),
        differences=entering(organisation=one.organisation, holder=holder),
        after=() if home else (organisation_key(one.organisation),),
    )
    return [at.step(at.key(), "customer", one.name, at.path, **more)]


def _applications(at: At) -> list[Step]:
    g, made = at.g, []
    standing = {row.name for row in at.found.applications} if at.found else set()
    for number, one in enumerate(managed(at.one.applications)):
        if one.name in standing:
            continue
        create = command("party", "application", "--customer", at.id or "CUSTOMER", "--name", one.name)
        more = g.done_by(
            g.may("party:enrol"),
            at.other("owner"),
            (create,) if at.id else (),
            ask=CreateApplication(g.evidence, at.id, one.name, must_be_new=True),
            after=at.first,
        )
        place = f"{at.path}.applications[{number}]"
        made.append(at.step(at.key("application", one.name), "application", one.name, place, **more))
    return made + _surplus(at, "applications", "application", standing)


def _keys(at: At) -> list[Step]:
    g, made = at.g, []
    standing = {row.name for row in at.found.live_keys} if at.found else set()
    for number, one in enumerate(managed(at.one.keys)):
        place, name = f"{at.path}.keys[{number}]", at.key("key", one.name)
        if one.name in standing:
            continue
        create = command("key", "create", "--customer", at.id or "CUSTOMER", "--name", one.name)
        more = g.done_by(
            g.may("key:create"),
            at.other("key-officer"),
            (create,) if at.id else (),
            ask=CreateKey(g.evidence, at.id, one.name, must_be_new=True),
            after=at.first,
            link=f"/keys?customer={at.id}" if at.id else "",
        )
        made.append(at.step(name, "key", one.name, place, **more))
    return made + _surplus(at, "keys", "key", standing)


def _boundary(at: At) -> list[Step]:
    """A signed act of the owner. A new customer begins with the default: it is held against that."""
    g, wanted = at.g, at.one.boundary
    if wanted is UNSET or (at.found and at.found.places is None):
        return []
    old = _boundary_of(at)
    plain = {name: getattr(wanted, name) for name in w.Boundary.__struct_fields__}
    new = Boundary(id="", customer="", **plain)
    before: Mapping[str, Any] = msgspec.structs.asdict(old) if old else {}
    differences = differing(
        *((name, listed(before.get(name, ())), listed(value)) for name, value in plain.items())
    )
    if not differences:
        return []
    document = canonical.encode({name: list(value) for name, value in plain.items()})
    generation = at.found.places.generation if at.found and at.found.places else 0
    more = g.done_by(
        g.may("boundary:change") and g.signs,
        at.other("owner"),
        at.apply() if at.id else (),
        ask=SetBoundary(g.evidence, at.id, document),
        state=State.CHANGE,
        after=at.first,
        differences=differences,
        weaker=of_boundary(old, new, g.book, g.on),
        link=f"/boundary?customer={at.id}" if at.id else "",
        generation=generation,
        is_signed=True,
    )
    return [at.step(at.key("boundary"), "boundary", at.one.name, f"{at.path}.boundary", **more)]


def _witnesses(at: At) -> list[Step]:
    """A signed act of the owner: whose cosignatures he asks for, besides the house's."""
    g, wanted = at.g, at.one.witness_policy
    seen = at.found.witnesses if at.found else None
    if wanted is UNSET or (at.found and seen is None):
        return []
    old, new = seen.policy if seen else "", policy_text(wanted)
    differences = differing(("witnesses", shown(old), shown(new)))
    if old == new:
        return []
    more = g.done_by(
        g.may("policy:change") and g.signs,
        at.other("owner"),
        at.apply() if at.id else (),
        ask=SetWitnessPolicy(g.evidence, at.id, new),
        state=State.CHANGE,
        after=at.first,
        differences=differences,
        weaker=of_witnesses(old, new),
        generation=seen.generation if seen else 0,
        is_signed=True,
    )
    path = f"{at.path}.witness_policy"
    return [at.step(at.key("witness-policy"), "witness-policy", at.one.name, path, **more)]


def policy_text(lines: Sequence[str]) -> str:
    """A tlog-policy of its lines."""
    return "".join(f"{line}\n" for line in lines)


def shown(policy: str) -> str:
    """A policy as a difference shows it: its lines, with bars between."""
    return " | ".join(policy.splitlines())


def _rules(at: At, before: list[Step]) -> list[Step]:
    g, wanted = at.g, at.one.rules
    policy = at.found.policy if at.found else None
    if wanted is UNSET or (at.found and policy is None):
        return []
    old: list[Choice] = (
        choices(policy.choices)
        if policy
        else [(rule.form or "", rule.fields) for rule in presets.default_rules("").rules]
    )
    new: list[Choice] = [(rule.preset, rule.filled) for rule in wanted]
    differences = _rule_differences(old, new)
    if not differences:
        return []
    document = canonical.encode([{"preset": name, "filled": dict(filled)} for name, filled in new])
    more = g.done_by(
        g.may("policy:change") and g.signs,
        at.other("owner"),
        at.apply() if at.id else (),
        ask=SetPolicy(g.evidence, at.id, document),
        state=State.CHANGE,
        after=(*at.first, *(_administered(before) if ADMINISTERING not in dict(new) else ())),
        differences=differences,
        weaker=of_rules(old, new),
        link=f"/rules?customer={at.id}" if at.id else "",
        generation=policy.generation if policy else 0,
        is_signed=True,
    )
    return [at.step(at.key("rules"), "rules", at.one.name, f"{at.path}.rules", **more)]


def _administered(before: list[Step]) -> tuple[str, ...]:
    """Steps that rules without `ADMINISTERING` would forbid: they come first."""
    return tuple(step.key for step in before if step.state in {State.CREATE, State.CHANGE, State.OPEN})


def choices(raw: bytes) -> list[Choice]:
    """The rules that stand, as (form, what is filled in)."""
    plain = canonical.decode(raw)
    found: list[Choice] = []
    for one in plain if isinstance(plain, list) else []:
        if isinstance(one, dict):
            filled = one.get("filled")
            found.append((str(one.get("preset") or ""), filled if isinstance(filled, dict) else {}))
    return found


def _buckets(at: At, before: list[Step]) -> list[Step]:
    made: list[Step] = []
    standing = {row.name: row for row in at.found.all_buckets} if at.found else {}
    for number, one in enumerate(managed(at.one.buckets)):
        path = f"{at.path}.buckets[{number}]"
        row = standing.get(one.name)
        key_id, after = _references(at, one, path, {step.key for step in before})
        if row is None:
            made.append(_new_bucket(at, one, path, (key_id, after)))
        else:
            made += _drifted(at, one, path, row)
        made += _versioning(at, one, path, row)
    return made + _surplus(at, "buckets", "bucket", set(standing))


def _references(at: At, one: w.Bucket, path: str, pending: set[str]) -> tuple[str, tuple[str, ...]]:
    """The id of the key it names, and what has to stand before it; `unknown-name` for what nobody has."""
    g, after = at.g, list(at.first)
    keys = {row.name: row.id for row in at.found.live_keys} if at.found else {}
    if one.key is not UNSET and one.key not in keys:
        if one.key not in {row.name for row in managed(at.one.keys)}:
            raise fault("unknown-name", g.line(f"{path}.key"), f"{path}.key", one.key)
        after.append(at.key("key", one.key))
    known = {row.name for row in at.found.applications} if at.found else set()
    for number, owner in enumerate(one.owners):
        if owner in known:
            continue
        if owner not in {row.name for row in managed(at.one.applications)}:
            place = f"{path}.owners[{number}]"
            raise fault("unknown-name", g.line(place), place, owner)
        after.append(at.key("application", owner))
    places = {row.name for row in g.found.locations}
    for number, name in enumerate(managed(one.locations)):
        if name in places:
            continue
        if name not in {row.name for row in g.wanted.locations}:
            place = f"{path}.locations[{number}]"
            raise fault("unknown-name", g.line(place), place, name)
        after.append(key("location", name))
    after += [name for name in (at.key("boundary"),) if name in pending]
    return keys.get(one.key, "") if one.key is not UNSET else "", tuple(after)


def _new_bucket(at: At, one: w.Bucket, path: str, based: tuple[str, tuple[str, ...]]) -> Step:
    g, (key_id, after) = at.g, based
    places = {row.name: row.id for row in g.found.locations}
    owners = {row.name: row.id for row in at.found.applications} if at.found else {}
    ask = CreateBucket(
        g.evidence,
        one.name,
        tuple(places.get(name, "") for name in managed(one.locations)),
        one.data_class if one.data_class is not UNSET else "",
        key_id,
        at.id,
        tuple(owners.get(name, "") for name in one.owners),
    )
    more = g.done_by(
        g.may("bucket:create"),
        at.other("owner-or-application"),
        at.apply() if at.id else (),
        ask=ask,
        after=after,
        differences=entering(
            key=one.key if one.key is not UNSET else "",
            locations=", ".join(managed(one.locations)),
            data_class=one.data_class if one.data_class is not UNSET else "",
            owners=listed(one.owners),
        ),
        link=f"/objects?customer={at.id}" if at.id else "",
    )
    return at.step(at.key("bucket", one.name), "bucket", one.name, path, **more)


def _drifted(at: At, one: w.Bucket, path: str, row: BucketView) -> list[Step]:
    """A bucket stays where and what it was made: what differs is drift."""
    keys = {each.id: each.name for each in at.found.live_keys} if at.found else {}
    owners = {each.id: each.name for each in at.found.applications} if at.found else {}
    places = {each.id: each.name for each in at.g.found.locations}
    here = listed(places.get(id_, id_) for id_ in row.locations)
    own_key = keys.get(row.key, row.key)
    differences = differing(
        ("key", own_key, one.key if one.key is not UNSET else own_key),
        ("locations", here, listed(one.locations) if one.locations is not UNSET else here),
        ("data_class", row.data_class, one.data_class if one.data_class is not UNSET else row.data_class),
        ("owners", listed(owners.get(id_, id_) for id_ in row.owners), listed(one.owners)),
    )
    drift = {"state": State.DRIFT, "differences": differences}
    return [at.step(at.key("bucket", one.name), "bucket", one.name, path, **drift)] if differences else []


def _versioning(at: At, one: w.Bucket, path: str, row: BucketView | None) -> list[Step]:
    g, wanted = at.g, one.versioning
    state = row.versioning if row else "off"
    if wanted is UNSET or wanted == (state == "enabled"):
        return []
    more = g.done_by(
        g.may("bucket:configure"),
        at.other("owner-or-application"),
        at.apply() if at.id else (),
        ask=MoveBucket(g.evidence, one.name, "versioning-on" if wanted else "versioning-off"),
        state=State.CHANGE,
        after=() if row else (at.key("bucket", one.name),),
        differences=differing(("versioning", state, "enabled" if wanted else "off")),
        weaker=() if wanted else (f"versioning-off:{one.name}",),
        link=f"/objects?customer={at.id}" if at.id else "",
    )
    place = f"{path}.versioning"
    return [at.step(at.key("bucket", one.name, "versioning"), "versioning", one.name, place, **more)]


def _surplus(at: At, section: str, noun: str, standing: set[str]) -> list[Step]:
    """What stands and is not in a list the file manages."""
    wanted = getattr(at.one, section)
    if wanted is UNSET:
        return []
    names = sorted(standing - {one.name for one in wanted})
    return [
        at.step(
            at.key(noun, name),
            noun,
            name,
            "",
            state=State.DRIFT,
            differences=(Difference(member="name", found=name, wanted=""),),
        )
        for name in names
    ]


def _unmanaged(at: At) -> list[Step]:
    if at.found is None:
        return []
    counts = {
        "applications": len(at.found.applications),
        "keys": len(at.found.live_keys),
        "buckets": len(at.found.all_buckets),
        "boundary": 1,
        "rules": 1,
    }
    return [
        at.step(at.key(section, "-"), section, str(count), "", state=State.UNMANAGED)
        for section, count in counts.items()
        if count and getattr(at.one, section) is UNSET
    ]


def _boundary_of(at: At) -> Boundary | None:
    if at.found is None:
        return Boundary(id="", customer="", areas=AREAS_DEFAULT, jurisdictions=AREAS_DEFAULT)
    plain = canonical.decode(at.found.places.boundary) if at.found.places else {}
    return msgspec.convert(plain, Boundary) if plain else None


def _rule_differences(old: list[Choice], new: list[Choice]) -> tuple[Difference, ...]:
    rest = list(old)
    come = []
    for one in new:
        if one in rest:
            rest.remove(one)
        else:
            come.append(one)
    gone = [Difference(member=name, found=_filled(filled), wanted="") for name, filled in rest]
    return (*gone, *(Difference(member=name, found="", wanted=_filled(filled)) for name, filled in come))


def _filled(filled: Mapping[str, Any]) -> str:
    return canonical.encode(dict(filled)).decode() if filled else "on"
