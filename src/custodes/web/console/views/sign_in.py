"""The sign-in page."""

from .shell import Option, Passkey, View


class SignInView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`onward` is the path to go to afterwards; `refusal` the code of the last attempt's refusal."""

    passkey: Passkey
    challenge: str = ""
    onward: str = "/"
    account: str = ""
    refusal: str | None = None
    has_password: bool = True
    entrances: tuple[Option, ...] = ()  # identity issuers: id and name


class SignedInView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Back from an issuer: one page of our own, so that the browser goes on as from this site."""

    onward: str = "/"
