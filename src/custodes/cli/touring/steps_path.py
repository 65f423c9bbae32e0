"""The happy path: stored unreadable, refused, asked for, approved by two, read once, all of it in the log."""

import hashlib
import subprocess
import sys
from pathlib import Path

from custodes.acts.asks.log import EntryView
from custodes.kernel import canonical
from custodes.kernel.clock import from_text

from .report import Proof, steps
from .stage import Stage

PART = "The happy path"
CHUNK_BYTES = 16
JUDGE = Path(__file__).with_name("foreign.py")
_HOUR_S = 3600


def store(stage: Stage) -> Proof:
    """The application's own client stores two files and reads one back."""
    body = (
        f"Resident 4711, run {stage.run}\nname: Erika Mustermann\nincome tax class: IV\n"
        f"note: custody of two children, protected address\n"
    ).encode()
    one = stage.put("first", f"{stage.prefix}4711-mustermann.txt", body)
    stage.put("second", f"{stage.prefix}4712-beispiel.txt", body.replace(b"4711", b"4712"))
    back = stage.get(stage.town, one.name)
    return Proof(
        done=f"boto3 {_version('boto3')}: put_object s3://{stage.cast.bucket}/{one.name}, then get_object",
        shown=f"HTTP {back.status}, {len(back.body)} bytes, SHA-256 {_short(back.body)} as sent",
        held=back.status == 200 and back.body == body,
        see="/objects",
    )


def unreadable(stage: Stage) -> Proof:
    """The cheat with the raw bucket: every file of the store is searched for content and names."""
    stored = stage.objects["first"]
    needles = [*_chunks(stored.body), *stored.name.encode().split(b"/"), stage.run.encode()]
    files = stage.blobs()
    hits = [path for path in files if _has(path.read_bytes() + str(path).encode(), needles)]
    planted = stage.work / "planted"
    planted.write_bytes(b"\0" * 100 + stored.body)
    finds = _has(planted.read_bytes(), needles)
    total = sum(path.stat().st_size for path in files)
    return Proof(
        done=f"read the raw bucket: {len(files)} files, {total} bytes, searched for {len(needles)} pieces",
        shown=f"{len(hits)} hits in the store; the same search finds a planted copy: {_yes(finds)}",
        held=len(files) >= 2 and not hits and finds,
        see="/objects",
    )


def refused(stage: Stage) -> Proof:
    """The engineer has an access key and no right to anybody's data."""
    stored = stage.objects["first"]
    answer = stage.get(stage.engineer, stored.name)
    denials = [entry for entry in stage.entries(stored.version) if entry.fields.get("decision") == "deny"]
    mine = [entry for entry in denials if entry.fields["actor"] == stage.engineer.credential]
    stage.reference = answer.message.rpartition(" ")[2]
    return Proof(
        done="boto3 as the supplier's engineer: get_object of the same file",
        shown=f'HTTP {answer.status} {answer.code}: "{answer.message}"; '
        f"the refusal is entry {mine[0].index if mine else '-'} of {_log(mine)}",
        held=answer.status == 403 and stage.reference == stage.resource(stored) and len(mine) > 0,
        see="/log",
    )


def asks(stage: Stage) -> Proof:
    """The engineer asks through the lockbox, under the reference he was told."""
    stored = stage.objects["first"]
    case = stage.open_case("read", stage.engineer.credential, stage.reference)
    scope = case.scope
    exact = scope is not None and [one.id for one in scope.resources] == [stored.version]
    return Proof(
        done=f"Erik asks for one read of {stage.reference} within one hour, with reason and ticket",
        shown=f"case {case.id}: {case.state}; waits for {len(case.waits_for)} organisations; "
        f"still refused: HTTP {stage.get(stage.engineer, stored.name).status}",
        held=exact
        and case.state == "asked"
        and len(case.waits_for) == 2
        and stage.get(stage.engineer, stored.name).status == 403,
        see=f"/cases/{case.id}",
    )


def approved(stage: Stage) -> Proof:
    """A person of the town and a person of the trustee sign the same document with their file keys."""
    once = stage.approve("anna", "read")
    stage.rows["read approval"] = stage.approval("karl", "read")
    done = stage.ask(stage.move("karl", "read", "approve", stage.rows["read approval"]))
    grant = done.grant
    if grant is None:
        return Proof(done="Anna and Karl approved", shown=f"no grant: {done.state}", held=False)
    stage.rows["grant id"] = grant.id
    stage.rows["fresh grant"] = stage.database.standing("grant", grant.id)
    window = from_text(grant.lapses_at) - from_text(grant.not_before)
    document = canonical.decode(grant.document)
    signers = {one.who.organisation for one in done.approvals if one.holds}
    two = {stage.cast.organisations["town"], stage.cast.organisations["trustee"]}
    return Proof(
        done="Anna (town) and Karl (trustee) each sign the grant document with their own file key",
        shown=f"after Anna: {once.state}; after Karl: {done.state}, {grant.not_before} to {grant.lapses_at}, "
        f"{grant.uses_max} use; signatures of {len(signers)} organisations verified",
        held=once.state == "asked"
        and done.state == "granted"
        and signers == two
        and window.total_seconds() == _HOUR_S
        and grant.uses_max == 1
        and not grant.reasons
        and isinstance(document, dict),
        see=f"/cases/{done.id}",
    )


def reads(stage: Stage) -> Proof:
    """The engineer reads exactly the object named."""
    stored, other = stage.objects["first"], stage.objects["second"]
    got = stage.get(stage.engineer, stored.name)
    beside = stage.get(stage.engineer, other.name)
    return Proof(
        done="boto3 as the engineer: get_object of the file named in the grant, and of the one beside it",
        shown=f"named: HTTP {got.status}, {len(got.body)} bytes, SHA-256 {_short(got.body)}; "
        f"beside it: HTTP {beside.status} {beside.code}",
        held=got.status == 200 and got.body == stored.body and beside.status == 403,
        see=f"/cases/{stage.cases['read']}",
    )


def in_log(stage: Stage) -> Proof:
    """Every step stands in the town's log, the read before its bytes went out."""
    case, version = stage.cases["read"], stage.objects["first"].version
    about = {entry.leaf: entry for entry in (*stage.entries(case), *stage.entries(version))}
    ordered = sorted(about.values(), key=lambda entry: (entry.log, entry.index))
    acts = [entry.act for entry in ordered]
    wanted = ["object.put", "lockbox.ask", "lockbox.approve", "lockbox.approve"]
    uses = [entry for entry in ordered if entry.fields.get("grant") == stage.rows["grant id"]]
    reading = [entry for entry in uses if entry.act == "object.get"]
    if reading:
        stage.rows["reading"] = reading[0]
    return Proof(
        done="Anna reads the town's log: every entry about the file and the case, proved against its leaf",
        shown="; ".join(f"{kind}: {', '.join(_acts(ordered, kind))}" for kind in ("exceptional", "machine")),
        held=all(acts.count(act) >= wanted.count(act) for act in wanted) and len(reading) == 1,
        see="/log",
    )


def receipt(stage: Stage) -> Proof:
    """A witnessed receipt of that read, checked by the stand-alone verifier in a bare interpreter."""
    entry: EntryView = stage.rows["reading"]
    file = stage.work / "read.receipt"
    file.write_bytes(stage.witnessed(entry.log, entry.index))
    stage.receipt = file
    verdict = stage.verify("receipt", str(file))
    held = [line for line in verdict.lines if line.startswith("held")]
    unchecked = [line for line in verdict.lines if line.startswith("not checked")]
    failed = [line for line in verdict.lines if line.startswith("FAILED")]
    return Proof(
        done="python3 -I custodes_verify.py receipt read.receipt --pins pins.json (standard library only)",
        shown=f"exit code {verdict.code}; {len(held)} held, {len(failed)} failed, "
        f"{len(unchecked)} not checked (ML-DSA is not in the standard library)",
        held=verdict.code == 0 and len(held) > 0 and not failed,
        see="/log",
    )


def foreign(stage: Stage) -> Proof:
    """The public root log, fetched over HTTP and checked by a program nobody here wrote."""
    address = f"http://localhost:{stage.settings.log_port}"
    done = subprocess.run(  # noqa: S603 - our own file, our own arguments
        [sys.executable, "-I", str(JUDGE), address, str(stage.settings.public_log / "pins.json")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Proof(
        done=f"tlog-scales {_version('tlog-scales')} reads the root log at {address}",
        shown=(done.stdout + done.stderr).strip().replace("\n", "; ")[-300:],
        held=done.returncode == 0,
        see="/log",
    )


STEPS = steps(
    PART,
    ("store", "The town's application stores files with an unmodified client.", store),
    ("unreadable", "Whoever reads the raw bucket reads nothing.", unreadable),
    ("refused", "The supplier's engineer is refused and told where to ask.", refused),
    ("asks", "He asks through the lockbox for exactly one object.", asks),
    ("approved", "Two organisations approve for one hour.", approved),
    ("reads", "He reads exactly the object named.", reads),
    ("in-log", "Every step is in the log.", in_log),
    ("receipt", "Somebody who trusts nobody verifies the read offline.", receipt),
    ("foreign", "A tool that is not ours accepts the root log.", foreign),
)


def _chunks(body: bytes) -> list[bytes]:
    ends = range(0, len(body) - CHUNK_BYTES + 1, CHUNK_BYTES)
    return [body[at : at + CHUNK_BYTES] for at in ends]


def _has(content: bytes, needles: list[bytes]) -> bool:
    return any(len(needle) > 3 and needle in content for needle in needles)


def _log(entries: list[EntryView]) -> str:
    return f"the town's {entries[0].kind} log" if entries else "no log"


def _acts(entries: list[EntryView], kind: str) -> list[str]:
    """Acts in one log, in their order; a refusal that was counted more than once is named once."""
    acts = [entry.act for entry in entries if entry.kind == kind and entry.fields.get("decision") != "deny"]
    is_refused = any(entry.kind == kind and entry.fields.get("decision") == "deny" for entry in entries)
    return [*acts, "denial"] if is_refused else acts


def _short(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _version(package: str) -> str:
    from importlib import metadata  # noqa: PLC0415 - only for a line of text

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(missing)"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
