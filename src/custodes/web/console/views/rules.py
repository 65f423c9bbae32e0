"""A customer's rules and boundary: what stands, the form to change it, and the page before it is signed."""

from .objects import BoundaryView
from .shell import Option, Passkey, Proof, View


class PlaceField(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to fill in of a rule: `kind` as in `policy.presets.Place`; `value` as it was filled in."""

    name: str
    kind: str
    de: str
    en: str
    value: str = ""


class RuleForm(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as a form: whether it stands, and what is filled in. `filled` says it in one line.

    `is_unsatisfied`: as it is filled in, nothing can satisfy it today.
    """

    name: str
    de: str
    en: str
    is_chosen: bool
    is_default: bool
    fields: tuple[PlaceField, ...] = ()
    filled: tuple[tuple[str, str, str], ...] = ()  # (de, en, value)
    is_unsatisfied: bool = False


class RulesView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules that stand, and the form that changes them; `may_change` when the reader may try."""

    customer: str
    generation: int
    rules: tuple[RuleForm, ...]
    may_change: bool
    proof: Proof | None
    refusal: str | None = None


class BoundaryForm(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The boundary as a form: codes, one or more per line or comma."""

    customer: str
    generation: int
    areas: str
    jurisdictions: str
    denied: str
    classes: tuple[Option, ...]  # value is the class, text is `checked` or empty
    unions: tuple[tuple[str, str], ...]  # (code, how many countries it has)
    may_change: bool
    boundary: BoundaryView | None = None
    refusal: str | None = None


class OutsideRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket that would stand outside, or come back inside: where, and why (codes of `words.OUTSIDE`)."""

    bucket: str
    data_class: str
    place: str
    reasons: tuple[str, ...]
    is_outside_now: bool


class ChangeView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page before a signature: what comes, what goes, what would stand outside.

    `kind` is `rules`, `rules-reset` or `boundary`; `hidden` travels with the form; `command` does the same
    without a browser. Nothing to sign when nothing changes.
    """

    kind: str
    customer: str
    added: tuple[RuleForm, ...] = ()
    removed: tuple[RuleForm, ...] = ()
    before: tuple[tuple[str, str], ...] = ()  # (label, value) of a boundary
    after: tuple[tuple[str, str], ...] = ()
    outside: tuple[OutsideRow, ...] = ()
    action: str
    back_href: str
    hidden: tuple[tuple[str, str], ...]
    passkey: Passkey | None
    command: str
    refusals: tuple[str, ...] = ()
