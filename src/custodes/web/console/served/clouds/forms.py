"""A connection as a form: what stands in it, and what was filled in, as the ask that will be signed.

A row of the form is one key under one name. What a connection has besides what fits the form keeps its place:
`rows` shows lent keys first, and a form too small for all of them is not offered (`fits`).
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.clouds.connections import ConnectionView, LentKey, SetConnection
from custodes.acts.asks.keys import KeyView
from custodes.custody.materials.kinds import RSA_BITS, USES, KeyKind, Use
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, malformed
from custodes.parties.connections import SETTINGS, VALUES_MAX, ConnectionKind, Setting
from custodes.web.console.views import clouds as views
from custodes.web.kit.forms import Form

ROWS_MAX = 24  # three fields each, and a form has a hundred
DOCUMENT_CHARACTERS_MAX = 32_768
NOT_LENT = "-"
FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"both": ("wrap", "unwrap"), "wrap": ("wrap",), "unwrap": ("unwrap",), "none": ()}
)
CHOICES: Mapping[ConnectionKind, tuple[str, ...]] = MappingProxyType(
    {ConnectionKind.XKS: ("both", "wrap", "unwrap", "none"), ConnectionKind.DKE: ("unwrap", "none")}
)


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What will be asked for, between the form and the signature."""

    id: str
    kind: str
    name: str
    keys: tuple[LentKey, ...]
    settings: dict[str, tuple[str, ...]]

    def ask(self, evidence: Evidence, customer: str) -> SetConnection:
        """The ask without its signature."""
        return SetConnection(evidence, customer, self.kind, self.name, self.keys, self.settings, self.id)

    @property
    def text(self) -> str:
        """As it travels through the page that is signed."""
        return canonical.encode(msgspec.to_builtins(self)).decode()


def kind_of(text: str) -> ConnectionKind:
    """`malformed-form` for a kind there is none of."""
    try:
        return ConnectionKind(text)
    except ValueError as error:
        raise malformed("malformed-form", field="kind") from error


def draft_of(text: str) -> Draft:
    """Inverse of `Draft.text`; `malformed-form`. Whether it may stand is the keyroom's to judge."""
    try:
        if len(text) > DOCUMENT_CHARACTERS_MAX:
            raise malformed("malformed-form", field="draft")
        return msgspec.convert(canonical.decode(text.encode()), Draft)
    except (Refusal, msgspec.ValidationError) as error:
        raise malformed("malformed-form", field="draft") from error


def filled(given: Form) -> Draft:
    """What was filled in (`malformed-form` for a form that is not this one)."""
    kind = kind_of(given.one("kind"))
    keys = []
    for n in range(ROWS_MAX):
        if not given.many(f"key.{n}"):
            break
        chosen = given.one(f"for.{n}")
        if chosen != NOT_LENT:
            if chosen not in FOR:
                raise malformed("malformed-form", field=f"for.{n}")
            keys.append(LentKey(given.one(f"key.{n}"), given.one(f"name.{n}").strip(), FOR[chosen]))
    settings = {one.name: _values(given.one(f"set.{one.name}"), one) for one in SETTINGS[kind]}
    return Draft(
        id=given.one("id"),
        kind=kind.value,
        name=given.one("name").strip(),
        keys=tuple(keys),
        settings={name: values for name, values in settings.items() if values},
    )


def standing(row: ConnectionView) -> Draft:
    """What stands."""
    return Draft(id=row.id, kind=row.kind, name=row.name, keys=row.keys, settings=row.settings)


def empty(kind: ConnectionKind) -> Draft:
    """A new one."""
    return Draft(id="", kind=kind.value, name="", keys=(), settings={})


def fits(draft: Draft) -> bool:
    """Whether the form has room for all that stands."""
    return len(draft.keys) <= ROWS_MAX and all(one.verbs in FOR.values() for one in draft.keys)


def usable(kind: ConnectionKind, keys: Iterable[KeyView]) -> tuple[KeyView, ...]:
    """Keys that this wire can use and that are not destroyed."""
    live = (one for one in keys if one.state != "destroyed")
    return tuple(one for one in live if _serves(kind, KeyKind(one.kind)))


def rows(draft: Draft, keys: Sequence[KeyView]) -> tuple[views.LendRow, ...]:
    """Lent keys first, then those that could be lent, as far as there is room."""
    kind = ConnectionKind(draft.kind)
    names = {one.id: one.name for one in keys}
    lent = [
        views.LendRow(
            key=one.key,
            key_name=names.get(one.key, one.key),
            name=one.name,
            chosen=next(code for code, verbs in FOR.items() if verbs == one.verbs),
            choices=(NOT_LENT, *CHOICES[kind]),
        )
        for one in draft.keys
    ]
    taken = {one.key for one in draft.keys}
    free = [
        views.LendRow(
            key=one.id, key_name=one.name, name="", chosen=NOT_LENT, choices=(NOT_LENT, *CHOICES[kind])
        )
        for one in usable(kind, keys)
        if one.id not in taken
    ]
    return tuple((lent + free)[:ROWS_MAX])


def settings(draft: Draft) -> tuple[views.SettingField, ...]:
    """Every setting of the kind, with what stands in it."""
    return tuple(
        views.SettingField(
            name=one.name,
            label=views.Two(german=one.german, english=one.english),
            value="\n".join(draft.settings.get(one.name, ())),
            is_list=one.values_max > 1,
        )
        for one in SETTINGS[ConnectionKind(draft.kind)]
    )


def _values(text: str, setting: Setting) -> tuple[str, ...]:
    """One to a line, each once."""
    lines = (line.strip() for line in text.split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))[: min(setting.values_max, VALUES_MAX) + 1]


def _serves(kind: ConnectionKind, of: KeyKind) -> bool:
    return of in RSA_BITS if kind is ConnectionKind.DKE else Use.WRAP in USES[of]
