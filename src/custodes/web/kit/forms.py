"""Forms of the console: parsing with limits, and the checks that a form was ours to begin with."""

import hmac
import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import unquote_to_bytes

import msgspec

from custodes.kernel.refusal import denied, malformed

from .bodies import convert

FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 100
NAME_BYTES_MAX = 64
CSRF = "csrf"
_VALUE = re.compile(rb"(?:[^%]|%[0-9A-Fa-f]{2})*")
T = TypeVar("T", bound=msgspec.Struct)


class Form(msgspec.Struct, frozen=True):
    """Decoded fields, without the CSRF token; a name may have several values."""

    fields: dict[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """The only value of `name` (`malformed-form`)."""
        values = self.fields.get(name, ())
        if len(values) != 1:
            raise malformed("malformed-form", field=name)
        return values[0]

    def many(self, name: str) -> tuple[str, ...]:
        """All values of `name`, none too."""
        return self.fields.get(name, ())

    def into(self, shape: type[T]) -> T:
        """As a Struct; fields it does not know, or names given twice for one text, are refused."""
        plain = {name: v[0] if len(v) == 1 else list(v) for name, v in self.fields.items()}
        return convert(plain, shape, "malformed-form")


def parse(raw: bytes) -> Form:
    """Urlencoded bytes (WHATWG URL section 5.1), strict where browsers are (`malformed-form`)."""
    fields: dict[str, tuple[str, ...]] = {}
    pieces = raw.split(b"&") if raw else []
    if len(pieces) > FIELDS_MAX:
        raise malformed("malformed-form", fields_max=FIELDS_MAX)
    for piece in pieces:
        name_raw, _, value_raw = piece.partition(b"=")
        name, value = _text(name_raw), _text(value_raw)
        if not name or len(name_raw) > NAME_BYTES_MAX:
            raise malformed("malformed-form")
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)


def csrf_token(visit: str) -> str:
    """The token a visit's forms carry: only who knows the visit's cookie can make it."""
    return hmac.new(visit.encode(), b"custodes form token v1", "sha256").hexdigest()


def check_token(form: Form, visit: str | None) -> Form:
    """The form without its token, if that is the visit's (`stale-form`)."""
    given = form.fields.get(CSRF, ())
    if (
        visit is None
        or len(given) != 1
        or not hmac.compare_digest(given[0].encode(), csrf_token(visit).encode())
    ):
        raise denied("stale-form")
    return Form({name: values for name, values in form.fields.items() if name != CSRF})


def check_origin(headers: Mapping[str, str], origin: str | None) -> None:
    """A request that changes something was sent by a page of `origin` (`cross-site`); silence is a no."""
    site, sender = headers.get("sec-fetch-site"), headers.get("origin")
    if (
        site not in {None, "same-origin"}
        or sender not in {None, origin}
        or site is sender is None
        or not origin
    ):
        raise denied("cross-site")


def set_cookie(
    name: str, value: str, *, is_tls: bool, age_s_max: int, is_lax: bool = False
) -> tuple[str, str]:
    """A `Set-Cookie` header; `__Host-` and Secure over TLS, never readable by scripts; age 0 removes it.

    `is_lax`: also sent when another site leads the browser here; only for what proves nothing by itself.
    """
    if not re.fullmatch(r"[A-Za-z0-9._~-]*", value):
        raise ValueError("cookie value")
    prefix, secure = ("__Host-", "; Secure") if is_tls else ("", "")
    flags = f"Path=/; Max-Age={age_s_max}; HttpOnly; SameSite={'Lax' if is_lax else 'Strict'}{secure}"
    return ("set-cookie", f"{prefix}{name}={value}; {flags}")


def _text(raw: bytes) -> str:
    if not _VALUE.fullmatch(raw):
        raise malformed("malformed-form")
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise malformed("malformed-form") from error
    if "\x00" in text:
        raise malformed("malformed-form")
    return text.replace("\r\n", "\n")
