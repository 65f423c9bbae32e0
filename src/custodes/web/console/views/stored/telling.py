"""What a bucket is set to: all of it at a glance, and one setting with its form."""

from custodes.web.console.views.shell import Field, Line, View


class ToldRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of a setting, or all of one that has no single rules. `remove_href` leads to the page that
    takes it away; empty where that cannot be done.
    """

    lines: tuple[Line, ...]
    remove_href: str = ""


class Setting(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting: `name` is a code of `words.told`; without `rows` nothing is set."""

    name: str
    href: str
    rows: tuple[ToldRow, ...]


class SettingsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of a bucket; `bounds_href` leads to its limits, which S3 has no call for."""

    bucket: str
    place: str
    settings: tuple[Setting, ...]
    bounds_href: str
    may_change: bool


class SettingView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting. `fields` is empty for who may not change it; `mark` is the state the form was made for.

    `document` is shown as it is, where the setting is a document. `adds`: the form adds one more rule.
    `needs` says what must be there first, at `needs_href`.
    """

    bucket: str
    place: str
    setting: Setting
    fields: tuple[Field, ...]
    mark: str
    adds: bool
    needs: str = ""
    needs_href: str = ""
    document: str = ""
    is_changed: bool = False
    refusal: str | None = None


class TakingView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page before a rule of a setting goes."""

    bucket: str
    place: str
    name: str
    row: ToldRow
    which: str
    mark: str
