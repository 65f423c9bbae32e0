"""Bodies to messages and answers to bodies; what `requestMetadata` says, with limits.

An answer is one line without spaces: AWS's own test client judges the last line it sees.
"""

import msgspec

from custodes.kernel.refusal import Refusal, malformed

from .messages import (
    AAD_BYTES_MAX,
    ALGORITHM,
    BODY_BYTES_MAX,
    CDIV_ALGORITHM,
    IV_BYTES,
    MARK_BYTES_MAX,
    PLAINTEXT_BYTES_MAX,
    TAG_BYTES,
    Answer,
    Decrypt,
    Encrypt,
    Message,
    Operation,
    Plainly,
    Said,
)

ARN_BYTES_MAX = 2_048
TEXT_BYTES_MAX = 256
MORE_MAX = 8
MORE_BYTES_MAX = 96
_SHAPES: dict[Operation, type[Message]] = {
    Operation.HEALTH: Plainly,
    Operation.METADATA: Plainly,
    Operation.ENCRYPT: Encrypt,
    Operation.DECRYPT: Decrypt,
}
_DECODERS = {operation: msgspec.json.Decoder(shape) for operation, shape in _SHAPES.items()}
_encoder = msgspec.json.Encoder()
_KNOWN = frozenset({"kmsOperation", "kmsRequestId", "awsPrincipalArn", "kmsKeyArn", "kmsViaService"})
_ARNS = frozenset({"awsPrincipalArn", "kmsKeyArn"})


def decode(operation: Operation, body: bytes) -> Message:
    """A body into its call. Refusals: `call-malformed`, `call-unsupported` (malformed)."""
    if len(body) > BODY_BYTES_MAX:
        raise _unsupported("body", BODY_BYTES_MAX)
    try:
        message: Message = _DECODERS[operation].decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise malformed("call-malformed", member="body") from error
    if isinstance(message, Encrypt):
        _check_encrypt(message)
    elif isinstance(message, Decrypt):
        _check_decrypt(message)
    return message


def said(operation: Operation, message: Message) -> Said:
    """What the caller says about himself; `call-malformed` when what the call must say is missing."""
    given = message.request_metadata
    texts: dict[str, str] = {}
    for name, value in given.items():
        if name in _KNOWN:
            texts[name] = _text(name, value)
    for name in _needed(operation):
        if name not in texts:
            raise malformed("call-malformed", member=name)
    return Said(
        operation=texts["kmsOperation"],
        request_id=texts["kmsRequestId"],
        principal=texts.get("awsPrincipalArn", ""),
        key_arn=texts.get("kmsKeyArn", ""),
        via=texts.get("kmsViaService", ""),
        more=_more(given),
    )


def encode(answer: Answer) -> bytes:
    """The body of an answer."""
    return _encoder.encode(answer)


def _needed(operation: Operation) -> tuple[str, ...]:
    if operation is Operation.HEALTH:
        return ("kmsRequestId", "kmsOperation")
    if operation is Operation.METADATA:
        return ("awsPrincipalArn", "kmsOperation", "kmsRequestId")
    return ("awsPrincipalArn", "kmsKeyArn", "kmsOperation", "kmsRequestId")


def _text(name: str, value: object) -> str:
    bytes_max = ARN_BYTES_MAX if name in _ARNS else TEXT_BYTES_MAX
    if not isinstance(value, str) or not value or len(value.encode()) > bytes_max:
        raise malformed("call-malformed", member=name)
    return value


def _more(given: dict[str, object]) -> tuple[tuple[str, str], ...]:
    """Members the table does not know, as far as they are short texts: later versions of the API add some."""
    found = []
    for name in sorted(given):
        value = given[name]
        if name in _KNOWN or not isinstance(value, str) or not name:
            continue
        if len(name.encode()) + len(value.encode()) <= MORE_BYTES_MAX:
            found.append((name, value))
    return tuple(found[:MORE_MAX])


def _check_encrypt(call: Encrypt) -> None:
    _check_algorithm(call.encryption_algorithm)
    if call.ciphertext_data_integrity_value_algorithm not in {None, CDIV_ALGORITHM}:
        raise malformed("call-malformed", member="ciphertextDataIntegrityValueAlgorithm")
    _check_sizes(call.plaintext, "plaintext", call.additional_authenticated_data)


def _check_decrypt(call: Decrypt) -> None:
    _check_algorithm(call.encryption_algorithm)
    _check_sizes(call.ciphertext, "ciphertext", call.additional_authenticated_data)
    if len(call.initialization_vector) not in IV_BYTES:
        raise malformed("call-malformed", member="initializationVector")
    if len(call.authentication_tag) != TAG_BYTES:
        raise malformed("call-malformed", member="authenticationTag")
    if len(call.ciphertext_metadata) > MARK_BYTES_MAX:
        raise malformed("call-malformed", member="ciphertextMetadata")


def _check_algorithm(name: str) -> None:
    if name != ALGORITHM:
        raise malformed("call-malformed", member="encryptionAlgorithm")


def _check_sizes(text: bytes, name: str, aad: bytes) -> None:
    if len(text) > PLAINTEXT_BYTES_MAX:
        raise _unsupported(name, PLAINTEXT_BYTES_MAX)
    if len(aad) > AAD_BYTES_MAX:
        raise _unsupported("additionalAuthenticatedData", AAD_BYTES_MAX)


def _unsupported(member: str, bytes_max: int) -> Refusal:
    return malformed("call-unsupported", member=member, bytes_max=bytes_max)
