"""From a body to what is to be done. One table of verbs: which member holds what.

Other engines pass over members they do not know; so do we, except those that change what comes out and have
no meaning here: asked for, they are refused (`unsupported-parameter`) rather than ignored.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from custodes.kernel.refusal import Refusal, malformed

from .marks import decoded, unmarked
from .messages import Asked, Entered, How, Item

REFERENCE_CHARACTERS_MAX = 256
_INT_DIGITS_MAX = 9


class _Form(msgspec.Struct, frozen=True, kw_only=True):
    """Where a verb finds its bytes: `body` in clear base64, `marked` behind `vault:v3:`."""

    body: str = ""
    marked: str = ""
    missing: str


_FORMS: Mapping[str, _Form] = MappingProxyType(
    {
        "encrypt": _Form(body="plaintext", missing="missing-plaintext"),
        "decrypt": _Form(marked="ciphertext", missing="missing-ciphertext"),
        "rewrap": _Form(marked="ciphertext", missing="missing-ciphertext"),
        "datakey": _Form(missing=""),
        "sign": _Form(body="input", missing="missing-input"),
        "mac": _Form(body="input", missing="missing-input"),
        "verify": _Form(body="input", marked="signature", missing="missing-input"),
        "check-mac": _Form(body="input", marked="hmac", missing="missing-input"),
    }
)
# Members that would change what comes out, and values of theirs that change nothing.
_UNSUPPORTED: Mapping[str, tuple[object, ...]] = MappingProxyType(
    {
        "nonce": ("", None),
        "convergent_encryption": (False, None),
        "padding_scheme": ("", "oaep", None),
        "salt_length": ("", "auto", None),
        "associated_data_file": ("", None),
        "partial_failure_response_code": (400, None),
    }
)
_SCHEMES = frozenset({"pss", "pkcs1v15"})
_HASHES = frozenset({f"sha{family}-{bits}" for family in (2, 3) for bits in (224, 256, 384, 512)})


def body_of(raw: bytes) -> dict[str, Any]:
    """The body as an object; none at all, and `null`, is an empty one. `malformed-body` (malformed)."""
    if not raw.strip():
        return {}
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed("malformed-body") from error
    if found is None:  # command lines write it where nothing is to be said
        return {}
    if not isinstance(found, dict):
        raise malformed("malformed-body")
    return found


def asked(verb: str, body: Mapping[str, Any], hash_name: str = "", more: str = "") -> Asked:
    """What a body asks for. `hash_name` and `more` (plaintext or wrapped) are parts of the path.

    Refusals (malformed): `unsupported-parameter`, `bad-parameter`, `missing-batch`, and of a single request
    the fault of its item.
    """
    if verb == "verify":
        verb = _which(body)
    how = _how(verb, body, hash_name, more)
    batch = body.get("batch_input")
    if batch is None:
        entered: tuple[Entered, ...] = (_entered(verb, body, how),)
        if entered[0].fault:
            raise malformed(entered[0].fault)
        return Asked(verb=verb, how=how, entered=entered, is_batch=False)
    if not isinstance(batch, list) or not batch:
        raise malformed("missing-batch")
    entered = tuple(_entered(verb, one, how) for one in batch)
    return Asked(verb=verb, how=how, entered=entered, is_batch=True)


def number(body: Mapping[str, Any], name: str, otherwise: int) -> int:
    """A whole number, also where it is written as text; `bad-parameter` (malformed)."""
    given = body.get(name)
    if given is None or given == "":
        return otherwise
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= _INT_DIGITS_MAX:
        return int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < 10**_INT_DIGITS_MAX:
        raise malformed("bad-parameter", name=name)
    return given


def flag(body: Mapping[str, Any], name: str) -> bool:
    """True or false, also where it is written as text; `bad-parameter` (malformed)."""
    given = body.get(name, False)
    if given in (True, "true", "1"):
        return True
    if given in (False, "false", "0", "", None):
        return False
    raise malformed("bad-parameter", name=name)


def text(body: Mapping[str, Any], name: str, otherwise: str = "") -> str:
    """Text; `bad-parameter` (malformed)."""
    given = body.get(name)
    if given is None or given == "":
        return otherwise
    if not isinstance(given, str):
        raise malformed("bad-parameter", name=name)
    return given


def _which(body: Mapping[str, Any]) -> str:
    """A code or a signature is verified; a batch says so by its first member."""
    batch = body.get("batch_input")
    given = [one for one in batch if isinstance(one, dict)] if isinstance(batch, list) else [body]
    kinds = {name for one in given for name in ("signature", "hmac") if one.get(name)}
    if len(kinds) != 1:
        raise malformed("missing-signature")
    return "verify" if kinds == {"signature"} else "check-mac"


def _how(verb: str, body: Mapping[str, Any], hash_name: str, more: str) -> How:
    _refuse_unsupported(body)
    if verb in {"encrypt", "decrypt", "rewrap"}:
        return How()
    if verb == "datakey":
        if more not in {"plaintext", "wrapped"}:
            raise malformed("bad-parameter", name="plaintext")
        return How(bits=number(body, "bits", 256), wants_plain=more == "plaintext")
    named = hash_name or text(body, "hash_algorithm") or text(body, "algorithm", "sha2-256")
    scheme = text(body, "signature_algorithm", "pss")
    form = text(body, "marshaling_algorithm", "asn1")
    if named not in _HASHES:
        raise malformed("bad-parameter", name="hash_algorithm")
    if scheme not in _SCHEMES or form not in {"asn1", "jws"}:
        raise malformed("bad-parameter", name="signature_algorithm")
    return How(hash_name=named, scheme=scheme, form=form, is_hashed=flag(body, "prehashed"))


def _entered(verb: str, given: object, how: How) -> Entered:
    if not isinstance(given, dict):
        return Entered(fault="bad-parameter")
    reference = given.get("reference", "")
    if not isinstance(reference, str) or len(reference) > REFERENCE_CHARACTERS_MAX:
        return Entered(fault="bad-parameter")
    try:
        _refuse_unsupported(given)
        return Entered(item=_item(_FORMS[verb], given, how), reference=reference)
    except Refusal as refusal:
        return Entered(fault=refusal.code, reference=reference)


def _item(form: _Form, given: Mapping[str, Any], how: How) -> Item:
    version, body, mark = number(given, "key_version", 0), b"", b""
    if form.body:
        if form.body not in given:
            raise malformed(form.missing)
        body = _bytes(given, form.body)
    if form.marked:
        marked = text(given, form.marked)
        if not marked:
            raise malformed(form.missing)
        try:
            version, raw = unmarked(marked, is_jws=how.form == "jws")
        except ValueError as error:
            raise malformed(str(error)) from error
        body, mark = (body, raw) if form.body else (raw, b"")
    context, associated = _bytes(given, "context"), _bytes(given, "associated_data")
    return Item(body=body, context=context, associated=associated, mark=mark, version=version)


def _bytes(given: Mapping[str, Any], name: str) -> bytes:
    if name not in given:
        return b""
    try:
        return decoded(text(given, name))
    except ValueError as error:
        raise malformed("bad-base64") from error


def _refuse_unsupported(given: Mapping[str, Any]) -> None:
    for name, harmless in _UNSUPPORTED.items():
        if name in given and given[name] not in harmless:
            raise malformed("unsupported-parameter", name=name)
