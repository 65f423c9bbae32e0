"""Backup files: a file key per file under a generation key that dies; frames that show any cut or swap.

Format: docs/formats/backup.md. A file key is drawn for one file and seals each frame once under a counter
nonce (AES-256-GCM, NIST SP 800-38D section 8.2.1), the last frame under another nonce than any other, as in
STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015). Where a file ends early, is spliced or belongs to another
house or generation, nothing of the rest comes out.
"""

import hashlib
from datetime import datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.kernel import canonical
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, malformed, unavailable

from .holder import Holder
from .wrap import KEY_BYTES, Context, Purpose, unwrap, wrap

MAGIC = b"custodes-backup/v1\n"
FRAME_BYTES = 1_048_576
HEADER_BYTES_MAX = 16_384
GENERATIONS_PER_HORIZON = 5


class Generation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One backup generation key at rest, wrapped by the holder. `dies_at`: then its files open no more."""

    number: int
    made_at: str
    dies_at: str
    wrapped: bytes


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in clear at the head of a file; all of it is bound into every frame."""

    id: str
    house: str
    generation: int
    made_at: str
    holder: str  # URI of the holder, without which the generation does not open
    wrapped: bytes  # the file key, under the generation key

    def encode(self) -> bytes:
        """Magic, length (4 bytes, big endian), canonical JSON."""
        body = canonical.encode(msgspec.to_builtins(self))
        return MAGIC + len(body).to_bytes(4, "big") + body


def turn(
    kept: tuple[Generation, ...], at: tuple[str, datetime, int], holder: Holder, dice: Dice
) -> tuple[Generation, ...]:
    """The generations from now on, newest last, for `at` = (house, now, horizon in days).

    Dead ones are gone; a fresh one is there when the newest has served a fifth of the horizon, or when
    another holder has taken the place of the one that kept it. So a file made
    now dies after the horizon at the latest.
    """
    house, now, horizon_days = at
    alive = tuple(one for one in kept if from_text(one.dies_at) > now)
    served = timedelta(days=horizon_days) / GENERATIONS_PER_HORIZON
    is_young = bool(alive) and now < from_text(alive[-1].made_at) + served
    if is_young and _is_kept_by(holder, house, alive[-1]):
        return alive
    number = max((one.number for one in kept), default=0) + 1
    secret = dice.draw(KEY_BYTES)
    fresh = Generation(
        number=number,
        made_at=to_text(now),
        dies_at=to_text(now + timedelta(days=horizon_days)),
        wrapped=holder.wrap(_generation(house, number), secret, dice),
    )
    return (*alive, fresh)


def _is_kept_by(holder: Holder, house: str, generation: Generation) -> bool:
    try:
        holder.unwrap(_generation(house, generation.number), generation.wrapped)
    except Refusal as refusal:
        if refusal.code != "wrap-mismatch":
            raise
        return False
    return True


def begin(
    house: str, generation: Generation, id_: str, now: datetime, ports: tuple[Holder, Dice]
) -> "Sealing":
    """Start a file under a generation; the holder's refusals."""
    holder, dice = ports
    key = dice.draw(KEY_BYTES)
    kek = holder.unwrap(_generation(house, generation.number), generation.wrapped)
    header = Header(
        id=id_,
        house=house,
        generation=generation.number,
        made_at=to_text(now),
        holder=holder.uri,
        wrapped=wrap(kek, _file(house, generation.number, id_), key, dice),
    )
    return Sealing(header, key)


class Sealing:
    """Seals the frames of one file in order."""

    def __init__(self, header: Header, key: bytes) -> None:
        self.header = header
        self._frames = _Frames(header, key)

    def frame(self, plain: bytes, *, is_last: bool) -> bytes:
        """Length (4 bytes, big endian) and ciphertext; ValueError above `FRAME_BYTES` plain bytes."""
        if len(plain) > FRAME_BYTES:
            raise ValueError("a frame is a mebibyte at most")
        sealed = self._frames.cipher.encrypt(self._frames.nonce(is_last=is_last), plain, self._frames.bound)
        return len(sealed).to_bytes(4, "big") + sealed


class Opening:
    """Opens the frames of one file in order; `is_over` after the last, and only then the file was whole."""

    def __init__(self, header: Header, key: bytes) -> None:
        self._frames = _Frames(header, key)
        self.is_over = False

    def frame(self, sealed: bytes, *, is_last: bool) -> bytes:
        """The plain bytes; `backup-damaged` (broken) for a cut, swapped, added or altered frame."""
        if self.is_over:
            raise Refusal("backup-damaged", Kind.BROKEN)
        try:
            plain = self._frames.cipher.decrypt(
                self._frames.nonce(is_last=is_last), sealed, self._frames.bound
            )
        except InvalidTag:
            raise Refusal("backup-damaged", Kind.BROKEN) from None
        self.is_over = is_last
        return plain


def parse_header(raw: bytes) -> Header:
    """The header's canonical JSON; `bad-backup` (malformed)."""
    try:
        header = msgspec.json.decode(raw, type=Header)
    except msgspec.DecodeError as error:
        raise malformed("bad-backup") from error
    if canonical.encode(msgspec.to_builtins(header)) != raw:
        raise malformed("bad-backup")
    return header


def open_file(header: Header, generations: tuple[Generation, ...], now: datetime, holder: Holder) -> Opening:
    """Ready to open a file's frames: `backup-key-gone` (unavailable) where its generation is dead or not
    here, `wrap-mismatch` (broken) where the header was made for another house, generation or file.
    """
    found = next((one for one in generations if one.number == header.generation), None)
    if found is None or from_text(found.dies_at) <= now:
        raise unavailable("backup-key-gone", generation=header.generation)
    kek = holder.unwrap(_generation(header.house, found.number), found.wrapped)
    return Opening(header, unwrap(kek, _file(header.house, found.number, header.id), header.wrapped))


class _Frames:
    def __init__(self, header: Header, key: bytes) -> None:
        self.cipher = AESGCM(key)
        self.bound = hashlib.sha256(header.encode()).digest()
        self._count = 0

    def nonce(self, *, is_last: bool) -> bytes:
        number = self._count
        self._count += 1
        return number.to_bytes(11, "big") + bytes([is_last])


def _generation(house: str, number: int) -> Context:
    return Context(
        house=house, customer="", key="", version=number, purpose=Purpose.BACKUP, subject="generation"
    )


def _file(house: str, number: int, id_: str) -> Context:
    return Context(
        house=house, customer="", key="", version=number, purpose=Purpose.BACKUP, subject=f"file/{id_}"
    )
