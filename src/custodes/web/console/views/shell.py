"""What every page shows around its content, and the pieces several pages share."""

from datetime import datetime

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a template sees."""


class House(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The installation: its operator's name, whether its keys are only for show, and its time zone.

    The three `href`s lead to what the operator must publish himself; None shows no link. `listens`: where the
    process for each kind of connection listens, as far as it is switched on; `printed`: settings that guides
    print.
    """

    name: str
    is_demo: bool
    zone: str = "Europe/Berlin"  # settings say which
    version: str = ""
    accessibility_href: str | None = None
    privacy_href: str | None = None
    imprint_href: str | None = None
    listens: dict[str, str] = msgspec.field(default_factory=dict)
    printed: dict[str, str] = msgspec.field(default_factory=dict)


class Option(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One choice of a select or radio group."""

    value: str
    text: str


SECTIONS = ("questions", "cases", "objects", "keys", "rules", "people", "log")


class Visitor(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is signed in, as shown in the header, and which of his customers he looks at."""

    name: str
    organisation: str
    customer: str = ""
    customers: tuple[Option, ...] = ()
    sections: tuple[str, ...] = SECTIONS


class Proof(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a statement can be checked: entry `entry` of log `log`, on a page with its receipt.

    `log`: `machine`, `exceptional` or `root`. The receipt on that page says how far it is
    witnessed.
    """

    log: str
    entry: int
    at: datetime
    href: str


class Line(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a summary list: `label` is a code of `words.LABELS`; `moment` is shown as a local time."""

    label: str
    value: str = ""
    moment: datetime | None = None
    href: str | None = None
    is_code: bool = False
    is_role: bool = False  # `value` is a code of `words.ROLES`
    is_choice: bool = False  # `value` is a code of `words.CHOICES`
    is_act: bool = False  # `value` is a code of `words.ACTS`
    is_class: bool = False  # `value` is a class of data
    size_bytes: int | None = None  # shown as a size instead of `value`


class Field(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a form. `label` and `hint` are codes of `words`; `error` is a refusal code or None.

    `kind`: `text`, `long`, `number`, `moment`, `choice`, `hidden`, or `choices`: several
    at once, one per line of `value`.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str | None = None
    error: str | None = None
    is_required: bool = True
    options: tuple[Option, ...] = ()
    chars_max: int = 2_000


class Passkey(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A WebAuthn ceremony: `options` is the request as JSON (WebAuthn level 3 section 5.1.10)."""

    options: str
    is_enrolment: bool = False


class Pager(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Links to the pages before and after; None where there is none. `first` counts from 1."""

    first: int
    last: int
    total: int | None = None
    previous_href: str | None = None
    next_href: str | None = None


class AsOf(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a count is: the newest time counted, None for none, and how many entries are not yet.

    `is_stuck`: it cannot be counted now; the installation's log says why.
    """

    at: datetime | None = None
    behind: int = 0
    is_stuck: bool = False


class DayBar(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One day of a chart; `height` of 100 is that of the most."""

    day: datetime
    count: int
    height: int
