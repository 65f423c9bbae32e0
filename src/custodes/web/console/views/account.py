"""One's own account, and an enrolment an officer is asked to sign."""

from .shell import Line, Option, Passkey, View


class AccountView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`passkey` makes one, `officers` may sign for it (credential id, name; `root`: the root key).

    `link` is what the officer has to open so that the new passkey stands.
    """

    lines: tuple[Line, ...]
    has_passkey: bool
    is_vetted: bool
    passkey: Passkey
    challenge: str
    officers: tuple[Option, ...]
    link: str | None = None
    refusal: str | None = None


class EnrolView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is enrolled, spelled out; `document` travels in the form; `done` is the id that stands now."""

    lines: tuple[Line, ...]
    document: str
    passkey: Passkey | None
    done: str = ""
    refusal: str | None = None
