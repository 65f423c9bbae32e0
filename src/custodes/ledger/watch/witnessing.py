"""What a witness may cosign (c2sp.org/tlog-witness v1.0.0, add-checkpoint): the request and the judgement.

A witness remembers, of each log, the largest tree it has cosigned. It cosigns a tree that the log itself has
signed and that provably continues the remembered one, and nothing else. The order of the checks is the
specification's, for a client reads from the answer what is wrong.
"""

import re
from collections.abc import Sequence

import msgspec

from custodes.kernel.canonical import b64, unb64
from custodes.kernel.refusal import conflict, malformed, unauthenticated
from custodes.ledger import checkpoint as checkpoints
from custodes.ledger import cosign
from custodes.ledger import note as notes
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX, verify_consistency
from custodes.ledger.note import NOTE_BYTES_MAX, Vkey

STEPS_MAX = 63
SUBMISSION_BYTES_MAX = NOTE_BYTES_MAX + 64 * 1_024
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Submission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An add-checkpoint request: the tree the client thinks is remembered, the way from there, the note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *(b64(step) for step in self.proof)]
        return "".join(line + "\n" for line in lines).encode() + b"\n" + self.note


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a witness remembers of one log; `note` is the checkpoint it cosigned, with its lines."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: bytes = b""
    cosigned_at: int = 0


def parse(raw: bytes) -> Submission:
    """Strict inverse of `encode` (`bad-submission`); the note is not parsed yet."""
    head, gap, note = raw.partition(b"\n\n")
    if not gap or len(raw) > SUBMISSION_BYTES_MAX or len(head) > (STEPS_MAX + 1) * 64:
        raise malformed("bad-submission")
    try:
        lines = head.decode("ascii").split("\n")
        proof = tuple(unb64(line) for line in lines[1:])
    except ValueError as error:
        raise malformed("bad-submission") from error
    old = _OLD.fullmatch(lines[0])
    if old is None or int(old[1]) > SIZE_MAX or len(proof) > STEPS_MAX:
        raise malformed("bad-submission")
    if any(len(step) != HASH_BYTES for step in proof):
        raise malformed("bad-submission")
    return Submission(old=int(old[1]), proof=proof, note=note)


def origin_of(note: bytes) -> str:
    """The first line of a checkpoint nobody has verified yet (`bad-submission`)."""
    line, newline, _ = note.partition(b"\n")
    try:
        origin = line.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise malformed("bad-submission") from error
    if not newline or not origin or not notes.is_text(origin):
        raise malformed("bad-submission")
    return origin


def opened(note: bytes, vkeys: Sequence[Vkey]) -> Checkpoint:
    """The checkpoint, if a key trusted for its log signed it and none of those keys' lines is bad.

    The key's name need not be the origin: that is for whoever configures the log. Codes: `bad-note`,
    `bad-checkpoint`, `bad-signature`, `not-signed-by-log`, `bad-empty-root`.
    """
    parsed = notes.parse(note)
    size_0 = parsed.text.split("\n")[1:3]
    if size_0[:1] == ["0"] and size_0[1:] != [b64(EMPTY_ROOT)]:
        raise malformed("bad-empty-root")
    checkpoint = checkpoints.parse(parsed.text)
    trusted = {(vkey.name, vkey.key_id) for vkey in vkeys}
    if not any((one.name, one.key_id) in trusted for one in parsed.signatures):
        raise unauthenticated("not-signed-by-log")
    notes.verify(parsed, vkeys, cosign.message_of)
    return checkpoint


def judge(submission: Submission, checkpoint: Checkpoint, seen: Seen) -> None:
    """Nothing when the checkpoint may be cosigned.

    Codes, in the order of the specification: `old-beyond-checkpoint` (malformed), `witness-behind` (conflict;
    `size` is what is remembered), `other-root` (conflict: another tree of the same size), `not-consistent`
    (conflict).
    """
    if submission.old > checkpoint.size:
        raise malformed("old-beyond-checkpoint")
    if submission.old != seen.size:
        raise conflict("witness-behind", size=seen.size)
    if submission.old == checkpoint.size and checkpoint.root != seen.root:
        raise conflict("other-root")
    proof = list(submission.proof)
    if not verify_consistency(seen.size, checkpoint.size, proof, seen.root, checkpoint.root):
        raise conflict("not-consistent")
