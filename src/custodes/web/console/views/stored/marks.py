"""What one version of an object is told besides its content: tags, hold, retention, access list."""

from datetime import datetime

from custodes.web.console.views.shell import Field, View
from custodes.web.console.views.stored.telling import ToldRow


class MarkPart(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of them. `name` is a code of `words.told`, `verb` one of `words.choice`; without `fields` or
    `verb` the visitor can change nothing. `needs` says what must be there first, at `needs_href`.

    `takes`: a row can be taken away; `mark` is the state the form was made for.
    """

    name: str
    rows: tuple[ToldRow, ...] = ()
    fields: tuple[Field, ...] = ()
    verb: str = ""
    mark: str = ""
    takes: bool = False
    needs: str = ""
    needs_href: str = ""


class MarksView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page; `version` is empty where its bucket keeps none. `changed` is the part just set."""

    bucket: str
    name: str
    version: str
    place: str
    back_href: str
    parts: tuple[MarkPart, ...]
    changed: str = ""
    refusal: str | None = None


class MarkCheck(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page before a retention nobody can end; `fields` is what is sent again."""

    bucket: str
    name: str
    place: str
    back_href: str
    until: datetime
    fields: tuple[Field, ...]
