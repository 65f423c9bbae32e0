"""Forms: what a person fills in for a move, once, for JSON endpoints, console pages and CLI verbs.

A form is a frozen struct whose fields carry limits and both languages' labels, so a surface needs nothing
but `fields(form)` to draw it and `parse(form, plain)` to read it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from msgspec import inspect as look

from custodes.kernel.limits import GRANT_HOURS_DEFAULT, GRANT_HOURS_MAX
from custodes.kernel.refusal import malformed

from .grant import ACTIONS_MAX, BYTES_MAX, REASON_CHARS_MAX, RESOURCES_MAX, TICKET_CHARS_MAX, USES_MAX

GRANTABLE_ACTIONS = ("key:use-unwrap", "object:list", "object:read")
GRANT_PURPOSES = ("incident", "support")
FINDINGS = ("as-asked", "not-as-asked", "cannot-tell")
SIGNED_CHARS_MAX = 8_192
SECRECIES = ("announced", "silent")
PROPOSALS = ("prolong", "verify", "lift")
LINE_CHARS_MAX = 300
SCOPE_LINES_MAX = 100


def _words(de: str, en: str, kind: str, hint_de: str = "", hint_en: str = "") -> dict[str, Any]:
    return {"kind": kind, "de": de, "en": en, "hint_de": hint_de, "hint_en": hint_en}


Id = Annotated[str, Meta(min_length=30, max_length=30)]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=REASON_CHARS_MAX,
        extra=_words(
            "Begründung",
            "Reason",
            "long-text",
            "Wozu genau, in eigenen Worten. Steht unverändert in der Freigabe.",
            "What exactly for, in your own words. It stands in the grant as written.",
        ),
    ),
]
Said = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=REASON_CHARS_MAX,
        extra=_words(
            "Begründung",
            "Reason",
            "long-text",
            "In eigenen Worten. Alle Beteiligten des Vorgangs können sie lesen.",
            "In your own words. Everybody who is party to the case can read it.",
        ),
    ),
]
_OBJECT, _KEY = r"bkt-[0-9a-z]{26}/ver-[0-9a-z]{26}", r"key-[0-9a-z]{26}"
_CLAIMED = r"( (mail|oid|principal):[!-~]{1,256})?"  # a person as the other end names him: for a key alone
ResourceText = Annotated[str, Meta(pattern=rf"^({_OBJECT}|{_KEY}{_CLAIMED})$(?!\n)")]


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all forms, and the form of a move that asks for nothing."""


class Call(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Breaking the glass: access now, for two persons who answer for it afterwards."""

    beneficiary: Annotated[
        Id,
        Meta(
            extra=_words(
                "Wer soll zugreifen (Zugang)",
                "Who is to have access (credential)",
                "id",
                "Die Kennung des Zugangs, beginnt mit crd-; die einer Verbindung steht auf ihrer Seite.",
                "The id of the credential, begins with crd-; that of a connection stands on its page.",
            )
        ),
    ]
    resources: Annotated[
        tuple[ResourceText, ...],
        Meta(
            min_length=1,
            max_length=RESOURCES_MAX,
            extra=_words(
                "Worauf (Objektversionen oder Schlüssel)",
                "What (object versions or keys)",
                "lines",
                "Je Zeile eine Objektversion bkt-.../ver-... oder ein Schlüssel key-...; nie nur ein Name. "
                "Nur für Anfragen eines Menschen, den eine Cloud nennt: key-... mail:ada@town.example "
                "(oder oid:, principal:).",
                "One per line: an object version bkt-.../ver-... or a key key-...; never just a name. "
                "Only for requests of a person whom a cloud names: key-... mail:ada@town.example "
                "(or oid:, principal:).",
            ),
        ),
    ]
    actions: Annotated[
        tuple[Annotated[str, Meta(max_length=64, extra={"choices": GRANTABLE_ACTIONS})], ...],
        Meta(min_length=1, max_length=ACTIONS_MAX, extra=_words("Handlungen", "Actions", "choices")),
    ]
    reason: Reason
    ticket: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=TICKET_CHARS_MAX,
            extra=_words("Vorgangsnummer", "Ticket", "text", "Ihr eigenes Zeichen.", "Your own reference."),
        ),
    ]
    hours: Annotated[
        int,
        Meta(
            ge=1,
            le=GRANT_HOURS_MAX,
            extra=_words(
                "Dauer in Stunden",
                "Hours",
                "number",
                "Zählt ab der letzten nötigen Genehmigung.",
                "Counts from the last approval that is needed.",
            ),
        ),
    ] = GRANT_HOURS_DEFAULT
    uses: Annotated[
        int, Meta(ge=1, le=USES_MAX, extra=_words("Anzahl der Nutzungen", "Number of uses", "number"))
    ] = 1
    bytes_max: Annotated[
        int,
        Meta(ge=1, le=BYTES_MAX, extra=_words("Höchstens so viele Byte", "At most so many bytes", "number")),
    ]


class Ask(Call, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a grant."""

    purpose: Annotated[
        str,
        Meta(max_length=31, extra={**_words("Zweck", "Purpose", "choice"), "choices": GRANT_PURPOSES}),
    ]
    not_before: Annotated[
        str | None,
        Meta(
            extra=_words(
                "Frühestens ab (UTC)",
                "Not before (UTC)",
                "time",
                "Leer: sobald genehmigt ist.",
                "Empty: as soon as it is approved.",
            )
        ),
    ] = None


class Approve(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An approval as a console or the CLI hands it in, byte strings as base64.

    The person is the one signed in, never a field. A file key leaves the passkey's two fields empty.
    """

    grant_hash: Annotated[
        str,
        Meta(
            min_length=44,
            max_length=44,
            extra=_words("Prüfsumme der Freigabe", "Hash of the grant", "signature"),
        ),
    ]
    credential: Annotated[Id, Meta(extra=_words("Unterschrieben mit", "Signed with", "signature"))]
    key_hash: Annotated[
        str,
        Meta(
            min_length=44,
            max_length=44,
            extra=_words("Prüfsumme des Schlüssels", "Hash of the public key", "signature"),
        ),
    ]
    approved_at: Annotated[
        str, Meta(max_length=20, extra=_words("Unterschrieben um (UTC)", "Signed at (UTC)", "signature"))
    ]
    signature: Annotated[
        str,
        Meta(
            min_length=4, max_length=SIGNED_CHARS_MAX, extra=_words("Unterschrift", "Signature", "signature")
        ),
    ]
    client_data: Annotated[
        str,
        Meta(
            max_length=SIGNED_CHARS_MAX,
            extra=_words("Passkey: Angaben des Browsers", "Passkey: the browser's statement", "signature"),
        ),
    ] = ""
    authenticator_data: Annotated[
        str,
        Meta(
            max_length=SIGNED_CHARS_MAX,
            extra=_words("Passkey: Angaben des Geräts", "Passkey: the device's statement", "signature"),
        ),
    ] = ""


class Because(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move that must be given a reason."""

    reason: Said


class Review(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody who neither asked nor approved found afterwards."""

    finding: Annotated[
        str, Meta(max_length=31, extra={**_words("Ergebnis", "Finding", "choice"), "choices": FINDINGS})
    ]
    reason: Said


class Left(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who left an organisation; filled in by the house, never by a person."""

    person: Annotated[Id, Meta(extra=_words("Person", "Person", "id"))]
    organisation: Annotated[Id, Meta(extra=_words("Organisation", "Organisation", "id"))]


def _line(de: str, en: str, hint_de: str = "", hint_en: str = "", *, least: int = 1) -> Any:  # noqa: ANN401
    return Meta(min_length=least, max_length=LINE_CHARS_MAX, extra=_words(de, en, "text", hint_de, hint_en))


def _time(de: str, en: str, hint_de: str = "", hint_en: str = "") -> Any:  # noqa: ANN401
    return Meta(extra=_words(de, en, "time", hint_de, hint_en))


def _lines(de: str, en: str, hint_de: str = "", hint_en: str = "") -> Any:  # noqa: ANN401
    return Meta(max_length=SCOPE_LINES_MAX, extra=_words(de, en, "lines", hint_de, hint_en))


_NAME = Annotated[str, Meta(min_length=1, max_length=1_024)]
_VERSION = Annotated[str, Meta(pattern=r"^ver-[0-9a-z]{26}$(?!\n)")]
_DUTY = _line(
    "Quelle der Pflicht zu schweigen",
    "Source of the duty of silence",
    "Nur bei stiller Sicherung: Vorschrift oder Beschluss, wie die Anordnung sie nennt. Ungeprüft.",
    "Only for a silent one: the rule or decision as the order names it. Unconfirmed.",
    least=0,
)
_DUTY_ENDS = _time(
    "Pflicht endet am (UTC)",
    "Duty ends at (UTC)",
    "Form 2026-11-23T12:00:00Z. Dann wird es dem Kunden sofort mitgeteilt.",
    "As 2026-11-23T12:00:00Z. The customer is told at once then.",
)
_REVIEW_BY = _time(
    "Oder: überprüfen bis (UTC)",
    "Or: review by (UTC)",
    "Wo kein Ende genannt ist, höchstens sechs Monate voraus; ohne Verlängerung wird dann mitgeteilt.",
    "Where no end is named, at most six months ahead; unless it is prolonged, he is told then.",
)
_ENDS = _time(
    "Sicherung endet am (UTC)",
    "Preservation ends at (UTC)",
    "Form 2026-11-23T12:00:00Z. Danach wird vernichtet, was nur noch ihretwegen da ist.",
    "As 2026-11-23T12:00:00Z. What is only there because of it is destroyed then.",
)


class Preserve(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A demand to keep exactly this from being erased; what the order says is taken over as it says it."""

    authority: Annotated[str, _line("Wer verlangt es (Behörde)", "Who demands it (authority)")]
    instrument: Annotated[
        str,
        _line(
            "Art der Anordnung",
            "Kind of order",
            "Wie sie sich selbst nennt. Custodes prüft ihre Rechtmäßigkeit nicht.",
            "As it calls itself. Custodes does not judge whether it is lawful.",
        ),
    ]
    reference: Annotated[str, _line("Aktenzeichen", "Reference of the order")]
    source: Annotated[
        str,
        _line(
            "Wie es kam und geprüft wurde",
            "How it came and was checked",
            "Etwa: Post vom 3. Mai, Rückruf über die veröffentlichte Nummer.",
            "Such as: letter of 3 May, called back under the published number.",
        ),
    ]
    bucket: Annotated[
        Id,
        Meta(
            extra=_words(
                "Bucket", "Bucket", "id", "Die Kennung, beginnt mit bkt-.", "The id, begins with bkt-."
            )
        ),
    ]
    prefixes: Annotated[
        tuple[_NAME, ...],
        _lines(
            "Anfänge von Namen",
            "Beginnings of names",
            "Je Zeile einer. Sind auch Namen und Versionen leer, ist es der ganze Bucket.",
            "One per line. With names and versions empty too it is the whole bucket.",
        ),
    ] = ()
    names: Annotated[tuple[_NAME, ...], _lines("Namen", "Names", "Je Zeile einer.", "One per line.")] = ()
    versions: Annotated[
        tuple[_VERSION, ...],
        _lines("Versionen", "Versions", "Je Zeile eine Kennung ver-....", "One id ver-... per line."),
    ] = ()
    secrecy: Annotated[
        str,
        Meta(
            max_length=31,
            extra={
                **_words(
                    "Wird der Kunde unterrichtet?",
                    "Is the customer told?",
                    "choice",
                    "Still nur, wo eine Pflicht zu schweigen festgehalten wird.",
                    "Silent only where a duty of silence is recorded.",
                ),
                "choices": SECRECIES,
            },
        ),
    ]
    duty: Annotated[str, _DUTY] = ""
    duty_ends_at: Annotated[str | None, _DUTY_ENDS] = None
    review_by: Annotated[str | None, _REVIEW_BY] = None
    ends_at: Annotated[str, _ENDS]
    holder: Annotated[
        str,
        _line(
            "Schlüsselhalter der Sicherung (URI)",
            "Holder of the preservation (URI)",
            "Ein eigener: nicht der des Hauses und nicht der eines Kunden.",
            "One of its own: neither the house's nor a customer's.",
        ),
    ]
    reason: Reason


class Propose(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to become of a preservation; it takes the same signatures as the preservation itself."""

    act: Annotated[
        str,
        Meta(
            max_length=31,
            extra={**_words("Was soll geschehen?", "What is to be done?", "choice"), "choices": PROPOSALS},
        ),
    ]
    duty: Annotated[str, _DUTY] = ""
    duty_ends_at: Annotated[str | None, _DUTY_ENDS] = None
    review_by: Annotated[str | None, _REVIEW_BY] = None
    ends_at: Annotated[str | None, _ENDS] = None
    reason: Reason


class Begun(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key of a case, wrapped under its holder (base64); filled in by the house."""

    key: Annotated[str, Meta(extra=_words("Schlüssel", "Key", "text"))]


class Counted(Form, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a piece of work came to, and what of it was not to be had; filled in by the house."""

    count: Annotated[int, Meta(ge=0, extra=_words("Anzahl", "Count", "number"))]
    missing: Annotated[int, Meta(ge=0, extra=_words("Fehlend", "Missing", "number"))] = 0
    digest: Annotated[str, Meta(extra=_words("Prüfsumme", "Digest", "text"))] = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field as a surface draws it.

    `type`: `text`, `long-text`, `lines`, `id`, `number`, `time`, `choice`, `choices`, `signature` (made by a
    device, not typed).
    """

    name: str
    type: str
    is_required: bool
    default: str | int | None
    length_max: int | None
    number_min: int | None
    number_max: int | None
    choices: tuple[str, ...]
    label_de: str
    label_en: str
    hint_de: str
    hint_en: str


AnyForm = TypeVar("AnyForm", bound=Form)


def fields(form: type[Form]) -> list[Field]:
    """The fields of a form in order; every one of them has a label (a test walks all forms)."""
    kind = look.type_info(form)
    if not isinstance(kind, look.StructType):
        raise TypeError(form)
    return [_field(row) for row in kind.fields]


def parse(form: type[AnyForm], plain: Mapping[str, object]) -> AnyForm:
    """Read a form from decoded JSON with every limit checked; `bad-form` names the first field at fault."""
    try:
        return msgspec.convert(dict(plain), form, strict=True)
    except msgspec.ValidationError as error:
        raise malformed("bad-form", where=_place(str(error))) from error


def _field(row: look.Field) -> Field:
    extra: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    kind: look.Type = row.type
    while isinstance(kind, look.Metadata):
        extra |= kind.extra or {}
        kind = kind.type
    inner = kind.item_type if isinstance(kind, look.VarTupleType) else None
    if isinstance(inner, look.Metadata):
        extra = {**(inner.extra or {}), **extra}
    for name in ("max_length", "ge", "le"):
        limits[name] = getattr(kind, name, None)
    return Field(
        name=row.encode_name,
        type=extra["kind"],
        is_required=row.required,
        default=None if row.required else row.default,
        length_max=limits["max_length"],
        number_min=limits["ge"],
        number_max=limits["le"],
        choices=tuple(extra.get("choices", ())),
        label_de=extra["de"],
        label_en=extra["en"],
        hint_de=extra["hint_de"],
        hint_en=extra["hint_en"],
    )


def _place(text: str) -> str:
    """The path msgspec names (`$.hours`), or `$`; never the value, which is a stranger's."""
    _, found, rest = text.rpartition(" - at `")
    return rest.removesuffix("`") if found and len(rest) < 80 else "$"
