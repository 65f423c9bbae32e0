"""A root inside OpenBao's transit engine: `openbao+https:` URIs, wrap v3 (docs/formats/wrap.md).

The engine derives a key for each house and customer (`context`) and binds the whole place of a wrap
(`associated_data`). HTTP API as documented by OpenBao 2: transit, AppRole, token, sys/health; a Vault that
keeps to the same API works alike. Nothing is taken from the environment: neither address, token nor proxy.
No redirect is followed, for it would carry the token to somebody else.
"""

import base64
import binascii
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

import hvac  # type: ignore[import-untyped]
from hvac import exceptions as faults

from custodes.custody.holder import holder_gone, holder_sealed, wrong_secret
from custodes.custody.wrap import Context
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, unavailable

from . import secret_file
from .openbao_uri import parse

VERSION = b"\x03"
LABEL = "custodes/transit/v1"
TIMEOUT_S = (3.0, 10.0)  # to connect, to answer
ANSWER_CHARACTERS_MAX = 8_192
RENEW_BELOW_S = 3_600
_SEALED_VERSIONS = re.compile(r"vault:v[1-9][0-9]{0,8}:[A-Za-z0-9+/]+={0,2}")
# What the engine says (400) of bytes that are not what it once made; every other 400 is about the request.
_NOT_OURS = ("message authentication failed", "invalid ciphertext")

Answer = Mapping[str, Any]


class OpenBaoHolder:
    """A Holder over one derived transit key; comes up sealed and connects only to unseal."""

    __slots__ = ("_client", "_lock", "_uri", "_where")

    def __init__(self, uri: str) -> None:
        """`holder-uri` (malformed)."""
        self._where = parse(uri)
        self._uri = self._where.text()
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def uri(self) -> str:
        """The URI in its one spelling; it names files of secrets, never a secret."""
        return self._uri

    @property
    def grade(self) -> str:
        """Always `openbao`."""
        return "openbao"

    @property
    def is_sealed(self) -> bool:
        """Whether there is no token at hand (which is not whether OpenBao itself is sealed)."""
        return self._client is None

    @property
    def opens_itself(self) -> bool:
        """Whether the URI names a file with a token or an AppRole's secret id."""
        return self._where.token_file is not None or self._where.secret_id_file is not None

    def unseal(self, secret: bytes) -> None:
        """Log in by the URI's files, or with this token; then look at the key.

        `wrong-secret` (denied), `holder-gone`, `holder-refuses`, `holder-unsafe` (the key is not derived or
        could be exported), `holder-key-missing`, `holder-secret-gone`, `holder-secret-unsafe` (unavailable).
        """
        with self._lock:
            client = self._logged_in(secret)
            self._check_key(client)
            self._client = client

    def seal(self) -> None:
        """Forget the token; never fails. OpenBao lets it lapse."""
        with self._lock:
            self._client = None

    def probe(self) -> None:
        """Ask after the token and renew it when little of it is left; `holder-sealed` and as `wrap`."""
        with self._lock:
            answer = self._asked(lambda client: client.auth.token.lookup_self())
            said = answer.get("data", {})
            ttl = said.get("ttl", 0)
            if said.get("renewable") and isinstance(ttl, int) and 0 < ttl < RENEW_BELOW_S:
                self._asked(lambda client: client.auth.token.renew_self())

    def wrap(self, context: Context, secret: bytes, dice: Dice) -> bytes:  # noqa: ARG002 - the engine draws
        """One `encrypt`; `holder-sealed` (locked), `holder-gone`, `holder-refuses` (unavailable)."""
        with self._lock:
            answer = self._asked(
                lambda client: client.secrets.transit.encrypt_data(
                    self._where.key, plaintext=_b64(secret), **self._place(context)
                )
            )
        made = answer.get("data", {}).get("ciphertext")
        if not isinstance(made, str) or not _is_ciphertext(made):
            raise holder_gone()
        return VERSION + made.encode("ascii")

    def unwrap(self, context: Context, wrapped: bytes) -> bytes:
        """One `decrypt`; as `wrap`, and `wrap-mismatch` (broken)."""
        text = wrapped[1:].decode("ascii", errors="replace")
        with self._lock:
            if self._client is None:
                raise holder_sealed()
            if wrapped[:1] != VERSION or not _is_ciphertext(text):
                raise _mismatch()
            answer = self._asked(
                lambda client: client.secrets.transit.decrypt_data(
                    self._where.key, ciphertext=text, **self._place(context)
                )
            )
        try:
            return base64.b64decode(answer.get("data", {}).get("plaintext"), validate=True)
        except (TypeError, binascii.Error):
            raise holder_gone() from None

    def _place(self, context: Context) -> dict[str, str]:
        derived = canonical.encode({"customer": context.customer, "house": context.house, "label": LABEL})
        return {
            "context": _b64(derived),
            "associated_data": _b64(context.canonical()),
            "mount_point": self._where.mount,
        }

    def _asked(self, ask: Callable[[Any], object]) -> Answer:
        """One request; logs in anew once when the token is not taken any more and a file has another."""
        if self._client is None:
            raise holder_sealed()
        try:
            return _answer(lambda: ask(self._client))
        except Refusal as refusal:
            if refusal.code != "holder-refuses" or not self.opens_itself:
                raise
        self._client = self._logged_in(b"")
        return _answer(lambda: ask(self._client))

    def _logged_in(self, secret: bytes) -> Any:  # noqa: ANN401 - hvac has no types
        where = self._where
        client = hvac.Client(
            url=where.address,
            token="",
            verify=True if where.ca is None else str(where.ca),
            timeout=TIMEOUT_S,
            allow_redirects=False,
            namespace=where.namespace or None,
        )
        client.session.trust_env = False  # no proxy, no .netrc, no CA bundle by the environment
        if not secret and where.secret_id_file is not None:
            secret_id = secret_file.read(where.secret_id_file)
            said = _answer(
                lambda: client.auth.approle.login(
                    role_id=where.role_id, secret_id=_text(secret_id), use_token=False, mount_point=where.auth
                ),
                is_login=True,
            )
            client.token = str(said.get("auth", {}).get("client_token", ""))
        elif not secret and where.token_file is not None:
            client.token = _text(secret_file.read(where.token_file))
        else:
            client.token = _text(secret)
        if not client.token:
            raise wrong_secret()
        _answer(client.auth.token.lookup_self, is_login=True)
        return client

    def _check_key(self, client: Any) -> None:  # noqa: ANN401 - as above
        """The key must be what wrap v3 says; a token that may not look at it is no fault."""
        try:
            said = _answer(lambda: client.secrets.transit.read_key(self._where.key, self._where.mount))
        except Refusal as refusal:
            if refusal.code == "holder-refuses":
                return
            raise
        key = said.get("data", {})
        if key.get("type") not in {"aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"}:
            raise unavailable("holder-unsafe", why="key-type")
        for why, is_so in (
            ("not-derived", not key.get("derived")),
            ("extractable", bool(key.get("exportable") or key.get("allow_plaintext_backup"))),
            ("convergent", bool(key.get("convergent_encryption"))),
        ):
            if is_so:
                raise unavailable("holder-unsafe", why=why)

    def __repr__(self) -> str:
        return "OpenBaoHolder(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a holder does not travel")


def _answer(ask: Callable[[], object], *, is_login: bool = False) -> Answer:
    """A 200 with an object as its body; everything else is a Refusal that repeats nothing of it."""
    try:
        said = ask()
    except faults.InvalidRequest as fault:
        if any(text in str(error) for error in fault.errors or () for text in _NOT_OURS):
            raise _mismatch() from None
        raise (wrong_secret() if is_login else unavailable("holder-refuses", why="request")) from None
    except (faults.Forbidden, faults.Unauthorized):
        raise (wrong_secret() if is_login else unavailable("holder-refuses", why="forbidden")) from None
    except faults.InvalidPath:
        raise unavailable("holder-key-missing") from None
    except faults.VaultDown:
        raise unavailable("holder-gone", why="sealed") from None
    except faults.VaultNotInitialized:
        raise unavailable("holder-gone", why="not-initialised") from None
    except faults.RateLimitExceeded:
        raise unavailable("holder-gone", why="busy") from None
    except (faults.VaultError, OSError, ValueError):  # requests' own faults are OSErrors; ValueError: no JSON
        raise unavailable("holder-gone", why="no-answer") from None
    if not isinstance(said, dict):  # a redirect, or 204
        raise unavailable("holder-gone", why="no-answer")
    return cast(Answer, said)


def _is_ciphertext(text: str) -> bool:
    return len(text) <= ANSWER_CHARACTERS_MAX and _SEALED_VERSIONS.fullmatch(text) is not None


def _text(secret: bytes) -> str:
    """A token as a header can carry it; `wrong-secret` (denied) for anything else."""
    text = secret.decode("ascii", errors="replace").strip()
    if not text.isascii() or not text.isprintable() or len(text) > secret_file.SECRET_BYTES_MAX:
        raise wrong_secret()
    return text


def _b64(raw: bytes) -> str:
    return canonical.b64(raw)


def _mismatch() -> Refusal:
    return Refusal("wrap-mismatch", Kind.BROKEN)
