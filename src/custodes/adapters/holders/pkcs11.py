"""A root inside a token, reached through PKCS#11 2.40: `pkcs11:` URIs (RFC 7512).

The root is a generic secret of 64 bytes, sensitive and not extractable; the token computes HMAC-SHA-512
with it (wrap v2). That is the one mechanism which every HSM we know of, and SoftHSM, offers alike
(docs/decisions/0014-what-a-token-must-do.md).

A PIN is tried once. After a wrong one the same PIN is refused without asking the token, and a PIN from a file
is not tried again while the token says that tries are running out: a restarting service must not lock it.

A module is foreign code in our process. It runs in a thread of its own: SoftHSM leaves errors in OpenSSL's
queue, which is kept per thread, and the next TLS handshake of that thread would fail by them.
"""

import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn, TypeVar, cast

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, TokenFlag
from pkcs11 import exceptions as faults
from pkcs11.types import SignMixin

from custodes.custody import token_wrap
from custodes.custody.holder import holder_gone, holder_sealed, wrong_secret
from custodes.custody.wrap import Context
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, conflict, locked, malformed, unavailable

from . import secret_file
from .pkcs11_uri import TokenUri, parse

T = TypeVar("T")

ROOT_BITS = 512  # tokens refuse an HMAC key shorter than its hash
PIN_BYTES_MAX = 255
_SOFTWARE = ("softhsm",)  # manufacturers of tokens that are a file on this machine
_KEY_TYPES = (KeyType.GENERIC_SECRET, KeyType.SHA512_HMAC)
_OF_THE_PIN = (faults.PinIncorrect, faults.PinInvalid, faults.PinLenRange)


class Pkcs11Holder:
    """A Holder over one secret key in one token; comes up sealed and loads the module only to unseal."""

    __slots__ = ("_given", "_grade", "_key", "_session", "_thread", "_uri", "_where", "_wrong")

    def __init__(self, uri: str) -> None:
        """`holder-uri` (malformed)."""
        self._where = parse(uri)
        self._uri = self._where.text()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="token")  # and one call at a time
        self._session: pkcs11.Session | None = None
        self._key: SignMixin | None = None
        self._given: bytes | None = None  # digest of the PIN that opened it
        self._wrong: bytes | None = None  # digest of the PIN last refused
        self._grade = "hsm"

    @property
    def uri(self) -> str:
        """The URI in its one spelling; it names the PIN's file, never a PIN."""
        return self._uri

    @property
    def grade(self) -> str:
        """`hsm`; `file` once the token has turned out to be software on this machine."""
        return self._grade

    @property
    def is_sealed(self) -> bool:
        """Whether nobody is logged in."""
        return self._key is None

    @property
    def opens_itself(self) -> bool:
        """Whether the URI names a file with the PIN."""
        return self._where.pin_source is not None

    def unseal(self, secret: bytes) -> None:
        """Log in with this PIN, or with no bytes by the PIN of the URI's file.

        `wrong-secret` (denied), `pin-locked` (locked; the token has locked it), `pin-tries-low` (locked; a
        person must give the PIN by hand), `holder-gone`, `holder-unsafe` (the key could be taken out),
        `holder-key-missing`, `holder-secret-gone`, `holder-secret-unsafe` (unavailable).
        """
        self._apart(lambda: self._open(secret))

    def seal(self) -> None:
        """Log out; never fails."""
        self._apart(self._let_go)

    def probe(self) -> None:
        """Have the token find the root, without using it; `holder-sealed`, `holder-gone`."""
        self._apart(self._found)

    def wrap(self, context: Context, secret: bytes, dice: Dice) -> bytes:
        """One use of the root; `holder-sealed` (locked), `holder-gone` (unavailable)."""
        return token_wrap.wrap(self._mac, context, secret, dice)

    def unwrap(self, context: Context, wrapped: bytes) -> bytes:
        """One use of the root; `holder-sealed`, `holder-gone`, `wrap-mismatch` (broken)."""
        if self._given is None:
            raise holder_sealed()
        return token_wrap.unwrap(self._mac, context, wrapped)

    def _apart(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result()

    def _let_go(self) -> None:
        self._given = None
        self._close()

    def _mac(self, message: bytes) -> bytes:
        return self._apart(lambda: self._used(message))

    def _used(self, message: bytes) -> bytes:
        if self._key is None:
            self._back()
        try:
            return self._sign(message)
        except faults.PKCS11Error:
            self._close()
        self._back()  # the session was lost, the token may still be there
        try:
            return self._sign(message)
        except faults.PKCS11Error:
            self._close()
            raise holder_gone() from None

    def _found(self) -> None:
        if self._key is None:
            self._back()
        if self._is_there():
            return
        self._close()
        self._back()
        if not self._is_there():
            self._close()
            raise holder_gone()

    def _is_there(self) -> bool:
        try:
            return (
                self._session is not None and len(list(self._session.get_objects(_sought(self._where)))) == 1
            )
        except faults.PKCS11Error:
            return False

    def _sign(self, message: bytes) -> bytes:
        if self._key is None:
            raise holder_sealed()
        return bytes(self._key.sign(message, mechanism=Mechanism.SHA512_HMAC))

    def _back(self) -> None:
        """Log in again after a lost session: only by the PIN's file, and only if that opened it before."""
        if self._given is None:
            raise holder_sealed()
        if self._where.pin_source is None:
            raise holder_gone()  # the PIN is not kept: somebody has to unseal it again
        try:
            self._open(b"")
        except Refusal as refusal:
            raise holder_gone() from refusal

    def _open(self, secret: bytes) -> None:
        pin, is_from_file = self._pin(secret)
        digest = hashlib.sha256(pin.encode()).digest()
        if self._wrong is not None and hmac.compare_digest(digest, self._wrong):
            raise wrong_secret()
        if self._key is not None:  # open: the token would not look at a PIN again
            if self._given is None or not hmac.compare_digest(digest, self._given):
                raise wrong_secret()
            return
        token = _token(self._where)
        _refuse_tries(token, is_from_file=is_from_file)
        session = self._log_in(token, pin, digest)
        try:
            self._key = _root(session, self._where)
        except BaseException:
            session.close()
            raise
        self._session = session
        self._given = digest
        if any(token.manufacturer_id.lower().startswith(name) for name in _SOFTWARE):
            self._grade = "file"

    def _log_in(self, token: pkcs11.Token, pin: str, digest: bytes) -> pkcs11.Session:
        try:
            return token.open(user_pin=pin)
        except faults.UserAlreadyLoggedIn:  # another root of the same token is open in this process
            return _session(token)
        except _OF_THE_PIN:
            self._wrong = digest
            raise wrong_secret() from None
        except faults.PinLocked:
            raise locked("pin-locked") from None
        except faults.PKCS11Error:
            raise holder_gone() from None

    def _pin(self, secret: bytes) -> tuple[str, bool]:
        is_from_file = not secret
        if is_from_file:
            if self._where.pin_source is None:
                raise wrong_secret()
            secret = secret_file.read(self._where.pin_source)
        try:
            pin = secret.decode()
        except UnicodeDecodeError:
            raise wrong_secret() from None
        if len(secret) > PIN_BYTES_MAX or "\0" in pin:
            raise wrong_secret()
        return pin, is_from_file

    def _close(self) -> None:
        session, self._session, self._key = self._session, None, None
        if session is not None:
            try:
                session.close()
            except faults.PKCS11Error:
                return  # it was gone already

    def __repr__(self) -> str:
        return "Pkcs11Holder(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a holder does not travel")


def create(uri: str, pin: bytes) -> str:
    """Have the token make a root under the URI's object name, and return the URI in its one spelling.

    `holder-exists` (conflict; nothing is overwritten), `holder-needs-name` (malformed; a label is wanted),
    and the refusals of `Pkcs11Holder.unseal`.
    """
    where = parse(uri)
    if not where.object:
        raise malformed("holder-needs-name")
    with ThreadPoolExecutor(max_workers=1) as thread:  # see above
        thread.submit(_create, where, pin).result()
    return where.text()


def _create(where: TokenUri, pin: bytes) -> None:
    token = _token(where)
    _refuse_tries(token, is_from_file=False)
    given = pin or (secret_file.read(where.pin_source) if where.pin_source is not None else b"")
    try:
        with token.open(rw=True, user_pin=given.decode()) as session:
            if any(True for _ in session.get_objects(_sought(where))):
                raise conflict("holder-exists")
            session.generate_key(
                KeyType.GENERIC_SECRET,
                ROOT_BITS,
                id=where.id or None,
                label=where.object,
                store=True,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
    except (*_OF_THE_PIN, UnicodeDecodeError):
        raise wrong_secret() from None
    except faults.PinLocked:
        raise locked("pin-locked") from None
    except faults.PKCS11Error:
        raise holder_gone() from None


def _token(where: TokenUri) -> pkcs11.Token:
    try:
        library = pkcs11.lib(str(where.module))
        slots = library.get_slots(token_present=True)
    except (faults.PKCS11Error, RuntimeError, OSError):
        raise holder_gone() from None
    found = [token for token in map(_token_in, slots) if token is not None and _is_meant(token, where)]
    if len(found) != 1:
        raise holder_gone()
    return found[0]


def _token_in(slot: pkcs11.Slot) -> pkcs11.Token | None:
    try:
        return slot.get_token()
    except faults.PKCS11Error:  # pulled this moment, or one of somebody else that is broken
        return None


def _is_meant(token: pkcs11.Token, where: TokenUri) -> bool:
    serial = token.serial.decode("ascii", errors="replace").strip()
    said = ((where.token, token.label), (where.serial, serial), (where.model, token.model))
    wanted = [
        (asked, found) for asked, found in (*said, (where.manufacturer, token.manufacturer_id)) if asked
    ]
    return all(asked == found.strip() for asked, found in wanted)


def _refuse_tries(token: pkcs11.Token, *, is_from_file: bool) -> None:
    flags = token.flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        raise locked("pin-locked")
    is_low = TokenFlag.USER_PIN_COUNT_LOW in flags or TokenFlag.USER_PIN_FINAL_TRY in flags
    if is_from_file and is_low:
        raise locked("pin-tries-low")


def _session(token: pkcs11.Token) -> pkcs11.Session:
    try:
        return token.open()
    except faults.PKCS11Error:
        raise holder_gone() from None


def _sought(where: TokenUri) -> dict[Attribute, object]:
    sought: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.SECRET_KEY}
    if where.object:
        sought[Attribute.LABEL] = where.object
    if where.id:
        sought[Attribute.ID] = where.id
    return sought


def _root(session: pkcs11.Session, where: TokenUri) -> SignMixin:
    try:
        found = list(session.get_objects(_sought(where)))
        if len(found) != 1 or not isinstance(found[0], pkcs11.SecretKey):
            raise unavailable("holder-key-missing", found=len(found))
        key = found[0]
        if key.key_type not in _KEY_TYPES:
            raise unavailable("holder-key-missing", found=0)
        if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
            raise unavailable("holder-unsafe", why="extractable")
    except faults.PKCS11Error:
        raise holder_gone() from None
    return cast(SignMixin, key)
