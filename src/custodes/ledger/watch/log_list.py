"""Which logs a witness accepts, as a text file in the form of witness-network.org (`logs/v0`).

    logs/v0

    vkey <verifier key>
    origin <origin>          optional: the key's name when it is missing
    qpd <number>             optional: submissions a day that the log announces
    contact <text>           optional

A line that begins with `#` is a comment. Several `vkey` blocks of one origin are keys of one log.
"""

import re
from collections.abc import Mapping

import msgspec

from custodes.kernel.refusal import Refusal, malformed
from custodes.ledger.note import ED25519, MLDSA44_COSIGNATURE, Vkey, is_text

HEADER = "logs/v0"
LIST_BYTES_MAX = 4 * 1_048_576
_QPD = re.compile(r"[1-9][0-9]{0,8}")


class WitnessedLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One log: its keys, and how often it may submit (None: as often as it likes)."""

    origin: str
    vkeys: tuple[Vkey, ...]
    submissions_per_day: int | None = None


def parse(text: str) -> Mapping[str, WitnessedLog]:
    """Logs by origin; `bad-log-list` (malformed) with the line's number."""
    lines = text.split("\n")
    if len(text) > LIST_BYTES_MAX or not is_text(text.replace("\t", " ")):
        raise malformed("bad-log-list", line=0)
    blocks: list[dict[str, str]] = []
    is_headed = False
    for number, line in enumerate(lines, 1):
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if not is_headed:
            if line.strip() != HEADER:
                raise malformed("bad-log-list", line=number)
            is_headed = True
        elif word == "vkey" and rest:
            blocks.append({"vkey": rest, "line": str(number)})
        elif word in {"origin", "qpd", "contact"} and rest and blocks and word not in blocks[-1]:
            blocks[-1][word] = rest
        else:
            raise malformed("bad-log-list", line=number)
    if not is_headed:
        raise malformed("bad-log-list", line=1)
    found: dict[str, WitnessedLog] = {}
    for block in blocks:
        one = _log(block)
        old = found.get(one.origin)
        found[one.origin] = one if old is None else _joined(old, one)
    return found


def block(log: WitnessedLog) -> str:
    """The lines of one log, to be put at the end of a list."""
    lines = []
    for vkey in log.vkeys:
        lines += ["", f"vkey {vkey.text()}", f"origin {log.origin}"]
        if log.submissions_per_day is not None:
            lines.append(f"qpd {log.submissions_per_day}")
    return "".join(line + "\n" for line in lines)


def _log(block: Mapping[str, str]) -> WitnessedLog:
    try:
        vkey = Vkey.parse(block["vkey"])
    except (Refusal, ValueError) as error:
        raise malformed("bad-log-list", line=int(block["line"])) from error
    qpd = block.get("qpd")
    if vkey.sig_type not in (ED25519, MLDSA44_COSIGNATURE) or (qpd is not None and not _QPD.fullmatch(qpd)):
        raise malformed("bad-log-list", line=int(block["line"]))
    return WitnessedLog(
        origin=block.get("origin", vkey.name),
        vkeys=(vkey,),
        submissions_per_day=None if qpd is None else int(qpd),
    )


def _joined(old: WitnessedLog, new: WitnessedLog) -> WitnessedLog:
    return WitnessedLog(
        origin=old.origin,
        vkeys=tuple(dict.fromkeys((*old.vkeys, *new.vkeys))),
        submissions_per_day=new.submissions_per_day or old.submissions_per_day,
    )
