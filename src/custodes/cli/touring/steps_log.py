"""Cheats with evidence: a byte flipped in a tile of the log, and bytes flipped in a receipt."""

import shutil
from pathlib import Path

from custodes.acts.audit.files import Beside, examine
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger.receipt import parse_pins

from .report import Proof, steps
from .stage import Stage, Verdict

PART = "Cheating with the evidence"
FLIPS = 12


def flipped_tile(stage: Stage) -> Proof:
    """A copy of the public log, whole and with one bit turned over."""
    copy = stage.work / "log"
    shutil.copytree(stage.settings.public_log, copy)
    whole = stage.verify("tiles", str(copy))
    tiles = [path for path in (copy / "tile" / "0").rglob("*") if path.is_file()]
    tile = max(tiles, key=lambda path: path.stat().st_size)
    _write_flipped(tile, tile.read_bytes(), 0)
    broken = stage.verify("tiles", str(copy))
    return Proof(
        done=f"one bit of {tile.relative_to(copy)} turned over in a copy of the public log",
        shown=f"the copy as it was: {_said(whole)}; flipped: {_said(broken)}",
        held=whole.code == 0 and broken.code != 0,
        see="/log",
    )


def flipped_receipt(stage: Stage) -> Proof:
    """The receipt of the read: a bit of its leaf flipped; then bits all over, where ML-DSA counts too."""
    if stage.receipt is None:
        return Proof(done="flip a byte in the receipt", shown="there is no receipt", held=False)
    raw = stage.receipt.read_bytes()
    flipped = stage.work / "flipped.receipt"
    whole = stage.verify("receipt", str(stage.receipt))
    flipped.write_bytes(_with_another_leaf(raw))
    alone = stage.verify("receipt", str(flipped))
    places = [len(raw) * n // (FLIPS + 1) for n in range(1, FLIPS + 1)]
    accepted = 0
    for at in places:
        _write_flipped(flipped, raw, at)
        accepted += _is_proven(flipped, stage)
    is_genuine = _is_proven(stage.receipt, stage)
    return Proof(
        done=f"one bit of the receipt turned over: in its leaf, and at {FLIPS} places all over",
        shown=f"stand-alone verifier, as it was: {_said(whole)}; flipped leaf: {_said(alone)}; "
        f"custodes verify, which checks ML-DSA too: {accepted} of {FLIPS} flipped ones accepted, "
        f"the genuine one {'accepted' if is_genuine else 'refused'}",
        held=whole.code == 0 and alone.code != 0 and accepted == 0 and is_genuine,
        see="/log",
    )


STEPS = steps(
    PART,
    ("flipped-tile", "A byte is flipped in a tile of the log.", flipped_tile),
    ("flipped-receipt", "A byte is flipped in a receipt.", flipped_receipt),
)


def _write_flipped(path: Path, raw: bytes, at: int) -> None:
    flipped = bytearray(raw)
    flipped[at] ^= 1
    path.unlink(missing_ok=True)
    path.write_bytes(flipped)


def _with_another_leaf(raw: bytes) -> bytes:
    """The receipt with one bit of its leaf turned over, otherwise well-formed."""
    plain = canonical.decode(raw)
    if not isinstance(plain, dict) or not isinstance(plain["leaf"], str):
        raise TypeError("receipt")
    leaf = bytearray(canonical.unb64(plain["leaf"]))
    leaf[-1] ^= 1
    return canonical.encode({**plain, "leaf": canonical.b64(bytes(leaf))})


def _is_proven(receipt: Path, stage: Stage) -> bool:
    pins = parse_pins((stage.settings.public_log / "pins.json").read_bytes())
    try:
        return examine(receipt, pins, Beside()).is_proven
    except Refusal:
        return False


def _said(verdict: Verdict) -> str:
    failed = [line for line in verdict.lines if line.startswith("FAILED")]
    return f"exit code {verdict.code}" + (f" ({' '.join(failed[0].split())})" if failed else "")
