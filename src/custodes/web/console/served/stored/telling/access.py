"""Access lists of buckets and versions: who besides the owner is let do what, one line each.

The owner's own line is never shown and never goes: without it nobody could change the list.
"""

import msgspec

from custodes.kernel.refusal import malformed
from custodes.objects.rules.acl import ALL, AUTHENTICATED, LOGGING, Acl, Grant
from custodes.protocols.s3 import xml
from custodes.protocols.s3.configs.acls import read_acl, write_acl
from custodes.web.console.views.shell import Field, Line, Option
from custodes.web.kit.forms import Form

from .row import Chosen, Row, Rules, Told, among, choice, plain, replace, with_rules, without

OF_BUCKETS = ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
OF_OBJECTS = ("READ", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
GROUPS = {ALL: "all-users", AUTHENTICATED: "all-applications", LOGGING: "log-delivery"}


class AccessList(msgspec.Struct, frozen=True, kw_only=True):
    """A list as its document says it; `owner` is (id, name)."""

    owner: tuple[str, str] = ("", "")
    acl: Acl = ()

    @property
    def others(self) -> Acl:
        """What the list lets others than the owner do."""
        return tuple(one for one in self.acl if one.grantee != self.owner[0])

    def with_others(self, others: Acl) -> "AccessList":
        """The owner's own lines, and these."""
        own = tuple(one for one in self.acl if one.grantee == self.owner[0])
        return replace(self, acl=(*own, *others))


def read_access(body: bytes) -> AccessList:
    """An AccessControlPolicy with its owner. Refusals of `read_acl`."""
    acl, whose = read_acl(body), xml.parse(body, "AccessControlPolicy").child("Owner")
    if whose is None:
        raise malformed("xml-malformed")
    id_ = whose.value("ID") or ""
    return AccessList(owner=(id_, whose.value("DisplayName") or id_), acl=acl)


def write_access(list_: AccessList) -> bytes:
    """The document of it."""
    return write_acl(list_.acl, list_.owner, {})


def shown_access(others: Acl, names: dict[str, str], *, is_object: bool) -> Rules:
    """A line for each that is let in."""
    return tuple(
        (
            choice("grantee", GROUPS[one.grantee])
            if one.grantee in GROUPS
            else plain("grantee", names.get(one.grantee, one.grantee)),
            _permission(one.permission, is_object=is_object),
        )
        for one in others
    )


def access_fields(chosen: Chosen, owner: str, *, is_object: bool) -> tuple[Field, ...]:
    """Whom to let do what."""
    everyone = Option(value=AUTHENTICATED, text="all-applications")
    whom = (*(Option(value=id_, text=name) for name, id_ in chosen.applications if id_ != owner), everyone)
    kinds = OF_OBJECTS if is_object else OF_BUCKETS
    what = tuple(Option(value=one, text=_permission(one, is_object=is_object).value) for one in kinds)
    return (
        Field(name="grantee", label="grantee", kind="choice", value=whom[0].value, options=whom),
        Field(name="permission", label="permission", kind="choice", value="READ", options=what),
    )


def granted(given: Form, others: Acl) -> Acl:
    """The others with the one a form names; `bad-value` (malformed)."""
    one = Grant(grantee=given.one("grantee"), permission=among(given, "permission", OF_BUCKETS))
    if not one.grantee:
        raise malformed("bad-value", field="grantee")
    return (*others, one) if one not in others else others


def access() -> Row:
    """The row of a bucket's access list."""

    def made(told: Told, given: Form) -> Told:
        found = _of(told)
        return with_rules(told, acl=found.with_others(granted(given, found.others)).acl)

    def left(told: Told, which: int) -> Told:
        found = _of(told)
        return with_rules(told, acl=found.with_others(without(found.others, which)).acl)

    return Row(
        kind="acl",
        adds=True,
        shown=lambda told, chosen: shown_access(
            _of(told).others, {id_: name for name, id_ in chosen.applications}, is_object=False
        ),
        fields=lambda told, chosen: access_fields(chosen, told.owner[0], is_object=False),
        made=made,
        left=left,
    )


def _of(told: Told) -> AccessList:
    return AccessList(owner=told.owner, acl=told.rules.acl)


def _permission(name: str, *, is_object: bool) -> Line:
    whose = "object" if is_object else "bucket"
    return choice("permission", f"{whose}-{name}" if name in ("READ", "WRITE", "FULL_CONTROL") else name)
