"""`openbao+https:` URIs: where a transit key is, what proves who asks, which CA is trusted.

    openbao+https://HOST[:PORT]/MOUNT/KEY?token-file=/PATH[&ca=/PATH][&namespace=NS]
    openbao+https://HOST[:PORT]/MOUNT/KEY?role-id=ID&secret-id-file=/PATH[&auth=approle][&ca=...]
    openbao+https://HOST[:PORT]/MOUNT/KEY                      a person gives the token

A role id is a name, not a secret; tokens and secret ids stand in files only. There is no form without TLS.
"""

import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import msgspec

from custodes.kernel.refusal import Refusal, malformed

SCHEME = "openbao+https"
PORT = 8200
URI_CHARACTERS_MAX = 1_024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_PLACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,127}){0,7}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
_MEMBERS = {
    "ca": "ca",
    "token-file": "token_file",
    "role-id": "role_id",
    "secret-id-file": "secret_id_file",
    "auth": "auth",
    "namespace": "namespace",
}
_FILES = frozenset({"ca", "token-file", "secret-id-file"})


class TransitUri(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder's URI names. `auth` is where AppRole is mounted."""

    host: str
    port: int
    mount: str
    key: str
    ca: Path | None = None
    token_file: Path | None = None
    role_id: str = ""
    secret_id_file: Path | None = None
    auth: str = "approle"
    namespace: str = ""

    @property
    def address(self) -> str:
        """The server, as HTTP has it."""
        return f"https://{self.host}:{self.port}"

    def text(self) -> str:
        """The URI in its one spelling."""
        said = [("ca", self.ca), ("token-file", self.token_file), ("role-id", self.role_id)]
        said += [("secret-id-file", self.secret_id_file), ("namespace", self.namespace)]
        said += [("auth", self.auth if self.auth != "approle" else "")]
        query = "&".join(f"{name}={quote(str(value), safe='/')}" for name, value in said if value)
        place = f"{SCHEME}://{self.host}:{self.port}/{self.mount}/{self.key}"
        return f"{place}?{query}" if query else place


def parse(uri: str) -> TransitUri:
    """Read a URI; `holder-uri` (malformed) names no part of it, for somebody may have put a token there."""
    if len(uri) > URI_CHARACTERS_MAX or any(not 0x21 <= ord(one) <= 0x7E for one in uri):
        raise _bad()
    try:
        parts = urlsplit(uri)
        port = parts.port or PORT
    except ValueError:
        raise _bad() from None
    if parts.scheme != SCHEME or parts.fragment or "@" in parts.netloc:
        raise _bad()
    host = parts.netloc.rpartition(":")[0] if parts.netloc.endswith(f":{parts.port}") else parts.netloc
    mount, _, key = parts.path.strip("/").rpartition("/")
    names, files = _query(parts.query)
    found = TransitUri(
        host=_fits(host, _HOST),
        port=port,
        mount=_fits(mount, _PLACE),
        key=_fits(key, _NAME),
        ca=files.get("ca"),
        token_file=files.get("token_file"),
        role_id=names.get("role_id", ""),
        secret_id_file=files.get("secret_id_file"),
        auth=names.get("auth", "approle"),
        namespace=names.get("namespace", ""),
    )
    is_role = bool(found.role_id)
    if is_role != (found.secret_id_file is not None) or (is_role and found.token_file is not None):
        raise _bad()
    return found


def _query(text: str) -> tuple[dict[str, str], dict[str, Path]]:
    """Members of `TransitUri` that are names, and those that are files."""
    names: dict[str, str] = {}
    files: dict[str, Path] = {}
    for pair in filter(None, text.split("&")):
        name, equals, raw = pair.partition("=")
        value, member = unquote(raw), _MEMBERS.get(name)
        if not equals or member is None or member in names or member in files:
            raise _bad()
        if name in _FILES:
            path = Path(value)
            if not path.is_absolute() or ".." in path.parts or not value.isprintable():
                raise _bad()
            files[member] = path
        else:
            names[member] = _fits(value, _PLACE)
    return names, files


def _fits(text: str, form: re.Pattern[str]) -> str:
    if form.fullmatch(text) is None or ".." in text:
        raise _bad()
    return text


def _bad() -> Refusal:
    return malformed("holder-uri")
