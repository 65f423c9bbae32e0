"""What a bucket is set to, page by page: all settings, one with its form, and the page before a rule goes."""

import asyncio
import hashlib
from urllib.parse import quote, urlencode

import msgspec

from custodes.acts.asks.buckets.bounds import LookBucketBounds
from custodes.acts.asks.buckets.inventory import DropInventory, LookInventory, PutInventory
from custodes.acts.asks.buckets.told import DropRule, LookRule, PutRule
from custodes.acts.asks.buckets.webhooks import LookWebhooks
from custodes.acts.asks.keys import LookKeys
from custodes.acts.asks.objects import BucketView, LookBucket, LookBuckets, MoveBucket
from custodes.acts.asks.parties import LookParties
from custodes.acts.asks.rules import LookPolicy
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal, absent, conflict
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.version import Versioning
from custodes.protocols.s3.configs.inventory import read_inventory, write_inventory
from custodes.protocols.s3.configs.kinds import KINDS
from custodes.web.console.pages import PageQuery
from custodes.web.console.served.facts import maybe
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.shell import Field
from custodes.web.console.views.stored import telling as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form
from custodes.web.kit.problems import problem

from .access import AccessList, read_access, write_access
from .row import Chosen, Row, Told
from .table import TABLE

MARK_CHARACTERS = 32
APPLICATION = "application"
COUNTING = "bucket-policies-count"
NEEDS = {"webhook": "/webhooks", "acls-count": "/rules"}
_VERBS = {Versioning.ENABLED.value: "versioning-on", Versioning.SUSPENDED.value: "versioning-off"}
_AGAIN = (Kind.CONFLICT, Kind.MALFORMED, Kind.DENIED)


class SettingQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`changed`: it was just done."""

    changed: str = ""


class TakeQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rule number `which`, as it stood in the state `mark`."""

    which: str
    mark: str


class TellingPages:
    """`/objects/{bucket}/settings` and what is below it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """All settings at a glance."""
        bucket = await self._bucket(call, visit)
        chosen, told = await asyncio.gather(
            chosen_of(self._desk, visit), asyncio.gather(*(self._told(visit, bucket, name) for name in TABLE))
        )
        view = views.SettingsView(
            bucket=bucket.name,
            place=_place(bucket.name),
            settings=tuple(
                _setting(bucket.name, name, one, chosen) for name, one in zip(TABLE, told, strict=True)
            ),
            bounds_href=f"/objects/{quote(bucket.name, safe='')}#bounds",
            may_change=may_change(visit),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def one(self, call: Call, visit: Visit) -> Reply:
        """One setting with its form."""
        return await self._one(call, visit, None, is_changed=bool(call.asked(SettingQuery).changed))

    async def tell(self, call: Call, visit: Visit) -> Reply:
        """What the form says, told the bucket."""
        given, name = call.taken(Form), _name(call)
        try:
            bucket = await self._bucket(call, visit)
            told = await self._told(visit, bucket, name)
            _demand_same(given, name, told)
            await self._keep(visit, bucket.name, name, TABLE[name].made(told, given))
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._one(call, visit, refusal, given)
        return see_other(f"{_place(call.path['bucket'])}/{name}?changed=yes")

    async def check(self, call: Call, visit: Visit) -> Reply:
        """The page before a rule goes."""
        query, name = call.asked(TakeQuery), _name(call)
        bucket = await self._bucket(call, visit)
        told, chosen = await asyncio.gather(self._told(visit, bucket, name), chosen_of(self._desk, visit))
        rows = TABLE[name].shown(told, chosen)
        if query.mark != _mark(name, told) or not _is_one_of(query.which, len(rows)):
            raise conflict("changed-meanwhile")
        view = views.TakingView(
            bucket=bucket.name,
            place=_place(bucket.name),
            name=name,
            row=views.ToldRow(lines=rows[int(query.which)]),
            which=query.which,
            mark=query.mark,
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def take(self, call: Call, visit: Visit) -> Reply:
        """The rule goes, if the setting is as it was shown."""
        given, name = call.taken(Form), _name(call)
        left, which = TABLE[name].left, given.one("which")
        try:
            bucket = await self._bucket(call, visit)
            told = await self._told(visit, bucket, name)
            _demand_same(given, name, told)
            if left is None or not _is_one_of(which, len(TABLE[name].shown(told, Chosen()))):
                raise absent("no-such-path")
            await self._keep(visit, bucket.name, name, left(told, int(which)), told)
        except Refusal as refusal:
            if refusal.kind not in _AGAIN:
                raise
            return await self._one(call, visit, refusal)
        return see_other(f"{_place(call.path['bucket'])}/{name}?changed=yes")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk, one = self._desk, "/objects/{bucket}/settings/{setting}"
        return (
            page("/objects/{bucket}/settings", "settings", seated(desk, self.show)),
            page(one, "setting", seated(desk, self.one), SettingQuery),
            form(one, "setting-tell", seated(desk, self.tell)),
            page(f"{one}/take", "setting-check", seated(desk, self.check), TakeQuery),
            form(f"{one}/take", "setting-take", seated(desk, self.take)),
        )

    async def _one(
        self,
        call: Call,
        visit: Visit,
        refusal: Refusal | None,
        given: Form | None = None,
        *,
        is_changed: bool = False,
    ) -> Reply:
        name, bucket = _name(call), await self._bucket(call, visit)
        told, chosen = await asyncio.gather(self._told(visit, bucket, name), chosen_of(self._desk, visit))
        changes = may_change(visit)
        needs = _needs(name, chosen) if changes else ""
        fields = TABLE[name].fields(told, chosen) if changes and not needs else ()
        view = views.SettingView(
            bucket=bucket.name,
            place=_place(bucket.name),
            setting=_setting(bucket.name, name, told, chosen, changes=changes),
            fields=tuple(_filled(one, given) for one in fields) if given is not None else fields,
            mark=_mark(name, told),
            adds=TABLE[name].adds,
            needs=needs,
            needs_href=NEEDS.get(needs, ""),
            document=told.rules.policy if name == "policy" else "",
            is_changed=is_changed,
            refusal=refusal.code if refusal else None,
        )
        status = problem(refusal, "").status if refusal else 200
        return self._desk.pages.reply(call, view, visit.visitor, status=status)

    async def _bucket(self, call: Call, visit: Visit) -> BucketView:
        return await self._desk.doors.ask(LookBucket(visit.evidence, call.path["bucket"]))

    async def _told(self, visit: Visit, bucket: BucketView, name: str) -> Told:
        """One setting of a bucket as it stands; the rest of it is empty."""
        ask, rules = self._desk.doors.ask, BucketRules(bucket=bucket.id)
        kind = KINDS.get(TABLE[name].kind)
        if name == "inventory":
            listed = await ask(LookBucketBounds(visit.evidence, bucket.name))
            bodies = await asyncio.gather(
                *(ask(LookInventory(visit.evidence, bucket.name, one.id)) for one in listed.inventories)
            )
            found = tuple(read_inventory(one.body) for one in bodies)
            return Told(versioning=bucket.versioning, rules=msgspec.structs.replace(rules, inventories=found))
        if kind is not None and kind.read is not None:
            try:
                body = (await ask(LookRule(visit.evidence, bucket.name, TABLE[name].kind))).body
            except Refusal as refusal:
                if refusal.kind is not Kind.ABSENT:
                    raise
            else:
                rules = kind.read(body, rules, bucket.name)
                if name == "access":
                    owner = read_access(body).owner
                    return Told(versioning=bucket.versioning, rules=rules, owner=owner)
        return Told(versioning=bucket.versioning, rules=rules)

    async def _keep(self, visit: Visit, bucket: str, name: str, new: Told, old: Told | None = None) -> None:
        """Tell the bucket by the same ask an S3 client's call becomes."""
        ask, row = self._desk.doors.ask, TABLE[name]
        if name == "versioning":
            await ask(MoveBucket(visit.evidence, bucket, _VERBS[new.versioning]))
        elif name == "inventory" and old is None:
            made = new.rules.inventories[-1]
            await ask(PutInventory(visit.evidence, bucket, made.id, write_inventory(made)))
        elif name == "inventory" and old is not None:
            kept = {one.id for one in new.rules.inventories}
            for one in old.rules.inventories:
                if one.id not in kept:
                    await ask(DropInventory(visit.evidence, bucket, one.id))
        else:
            await self._put(visit, bucket, row, new)

    async def _put(self, visit: Visit, bucket: str, row: Row, new: Told) -> None:
        if row.kind == "acl":
            body = write_access(AccessList(owner=new.owner, acl=new.rules.acl))
            await self._desk.doors.ask(PutRule(visit.evidence, bucket, row.kind, body))
            return
        try:
            body = KINDS[row.kind].write(new.rules, bucket)
        except Refusal as refusal:
            if refusal.kind is not Kind.ABSENT:
                raise
            await self._desk.doors.ask(DropRule(visit.evidence, bucket, row.kind))
        else:
            await self._desk.doors.ask(PutRule(visit.evidence, bucket, row.kind, body))


async def chosen_of(desk: Desk, visit: Visit) -> Chosen:
    """What a visitor's forms offer, as far as he may know it."""
    evidence, customer = visit.evidence, visit.customer
    buckets, keys, webhooks, parties, policy = await asyncio.gather(
        maybe(desk, LookBuckets(evidence, customer)),
        maybe(desk, LookKeys(evidence, customer)),
        maybe(desk, LookWebhooks(evidence, customer)),
        maybe(desk, LookParties(evidence, customer)),
        maybe(desk, LookPolicy(evidence, customer)),
    )
    found = canonical.decode(policy.choices) if policy else []
    said = found if isinstance(found, list) else []
    forms = {one.get("preset") for one in said if isinstance(one, dict)}
    return Chosen(
        buckets=tuple(sorted(one.name for one in (buckets.buckets if buckets else ()))),
        keys=tuple((one.name, one.id) for one in (keys.keys if keys else ())),
        webhooks=tuple((one.name, one.arn) for one in (webhooks.webhooks if webhooks else ())),
        applications=tuple(
            (one.name, one.id) for one in (parties.parties if parties else ()) if one.kind == APPLICATION
        ),
        acls_count=COUNTING in forms,
    )


def may_change(visit: Visit) -> bool:
    """Whether forms are shown; what may be done is decided when they come."""
    return visit.me.party_kind == "customer" and "owner" in visit.me.roles


def _setting(bucket: str, name: str, told: Told, chosen: Chosen, *, changes: bool = False) -> views.Setting:
    href, mark = f"{_place(bucket)}/{name}", _mark(name, told)
    can_go = changes and TABLE[name].left is not None
    return views.Setting(
        name=name,
        href=href,
        rows=tuple(
            views.ToldRow(
                lines=lines,
                remove_href=f"{href}/take?{urlencode({'which': n, 'mark': mark})}" if can_go else "",
            )
            for n, lines in enumerate(TABLE[name].shown(told, chosen))
        ),
    )


def _needs(name: str, chosen: Chosen) -> str:
    """What must be there before a form makes sense; a code of `NEEDS`."""
    if name == "notification" and not chosen.webhooks:
        return "webhook"
    return "acls-count" if name == "access" and not chosen.acls_count else ""


def _filled(one: Field, given: Form) -> Field:
    """A field as it was sent."""
    return msgspec.structs.replace(one, value="\n".join(given.many(one.name)))


def _demand_same(given: Form, name: str, told: Told) -> None:
    """The form was made for what stands; `changed-meanwhile` (conflict)."""
    if given.one("mark") != _mark(name, told):
        raise conflict("changed-meanwhile")


def _mark(name: str, told: Told) -> str:
    said = (name, told.versioning if name == "versioning" else "", told.rules)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:MARK_CHARACTERS]


def _is_one_of(which: str, count: int) -> bool:
    return which.isascii() and which.isdigit() and len(which) <= 4 and int(which) < count


def _name(call: Call) -> str:
    name = call.path["setting"]
    if name not in TABLE:
        raise absent("no-such-path")
    return name


def _place(bucket: str) -> str:
    return f"/objects/{quote(bucket, safe='')}/settings"
