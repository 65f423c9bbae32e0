"""The credential of a request as evidence: a bearer token, alone or with a signature over the very act."""

from base64 import b64decode

from custodes.acts.asks import Evidence, Session, Signed, Token
from custodes.kernel.refusal import malformed
from custodes.web.kit.call import Call

SIGNED_AT = "custodes-signed-at"
SIGNATURE = "custodes-signature"
SIGNATURE_CHARS_MAX = 32_768


def evidence_of(call: Call) -> Evidence:
    """`Authorization: Bearer` with an API token (`crd-....`) or a session's token (`no-credential`).

    With `Custodes-Signature` (base64 of a signature as in docs/formats/signed-acts.md) and
    `Custodes-Signed-At` it is signed evidence; one without the other is `malformed-signature`.
    """
    text = call.bearer()
    token: Token | Session = Token(text) if text.startswith("crd-") else Session(text)
    at, signature = call.request.headers.get(SIGNED_AT), call.request.headers.get(SIGNATURE)
    if at is None and signature is None:
        return token
    if not at or not signature or len(signature) > SIGNATURE_CHARS_MAX or len(at) > 40:
        raise malformed("malformed-signature")
    try:
        raw = b64decode(signature, validate=True)
    except ValueError as error:
        raise malformed("malformed-signature") from error
    return Signed(token, at, raw)
