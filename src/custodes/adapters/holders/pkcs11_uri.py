"""`pkcs11:` URIs (RFC 7512) as far as a holder needs them: one token, one object, the module, the PIN's file.

A URI is shown and stored, so it holds no PIN: `pin-value` is refused, and so is a program as `pin-source`.
"""

from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

import msgspec

from custodes.kernel.refusal import Refusal, malformed

URI_CHARACTERS_MAX = 1_024
SCHEME = "pkcs11"

_PATH = MappingProxyType(  # attribute of the URI's path -> member
    {
        "token": "token",
        "manufacturer": "manufacturer",
        "serial": "serial",
        "model": "model",
        "object": "object",
        "id": "id",
        "type": "type",
    }
)
_QUERY = frozenset({"module-path", "pin-source"})
# RFC 7512 section 2.3 lets these stand as they are in a path attribute's value.
_SAFE = "-._~:[]@!$'()*+,=&"


class TokenUri(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder's URI names. Empty means: not asked for."""

    module: Path
    token: str = ""
    serial: str = ""
    manufacturer: str = ""
    model: str = ""
    object: str = ""
    id: bytes = b""
    pin_source: Path | None = None

    def text(self) -> str:
        """The URI in its one spelling."""
        parts = [
            f"{name}={quote(value, safe=_SAFE)}"
            for name, value in (
                ("token", self.token),
                ("manufacturer", self.manufacturer),
                ("serial", self.serial),
                ("model", self.model),
                ("object", self.object),
            )
            if value
        ]
        if self.id:
            parts.append("id=" + "".join(f"%{byte:02X}" for byte in self.id))
        query = [f"module-path={quote(str(self.module), safe='/')}"]
        if self.pin_source is not None:
            query.append(f"pin-source=file:{quote(str(self.pin_source), safe='/')}")
        return f"{SCHEME}:{';'.join([*parts, 'type=secret-key'])}?{'&'.join(query)}"


def parse(uri: str) -> TokenUri:
    """Read a URI; `holder-uri` (malformed) names no part of it, for somebody may have put a PIN there."""
    if len(uri) > URI_CHARACTERS_MAX or any(ord(one) < 0x21 or ord(one) > 0x7E for one in uri):
        raise _bad()
    parts = urlsplit(uri)
    if parts.scheme != SCHEME or parts.netloc or parts.fragment:
        raise _bad()
    path = _pairs(parts.path, ";", frozenset(_PATH))
    query = _pairs(parts.query, "&", _QUERY)
    found = TokenUri(
        module=_absolute(_text(query.get("module-path", ""))),
        pin_source=_pin_source(query["pin-source"]) if "pin-source" in query else None,
        id=unquote_to_bytes(path.pop("id", "")),
        **{_PATH[name]: _text(value) for name, value in path.items() if name != "type"},
    )
    if path.get("type", "secret-key") != "secret-key":
        raise _bad()
    if not (found.token or found.serial) or not (found.object or found.id):
        raise _bad()  # one token and one object, or we might open another's
    return found


def _pairs(text: str, between: str, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in text.split(between):
        name, equals, value = pair.partition("=")
        if not equals or name not in known or name in found or not value:
            raise _bad()
        found[name] = value
    return found


def _text(value: str) -> str:
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise _bad() from None
    if not text.isprintable():
        raise _bad()
    return text


def _pin_source(value: str) -> Path:
    text = _text(value)
    return _absolute(text.removeprefix("file:").removeprefix("//"))


def _absolute(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute() or ".." in path.parts:
        raise _bad()
    return path


def _bad() -> Refusal:
    return malformed("holder-uri")
