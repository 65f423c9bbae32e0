"""`custodes backup`, `drill`, `restore`, `close-log` and `lift-restored`."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from custodes.cli.speech import Asker, reaching
from custodes.cli.speech.options import FILE, passphrase_from
from custodes.cli.speech.output import EXIT_REFUSED
from custodes.kernel.refusal import Refusal
from custodes.wiring.backups import closing, drilling, making, noting, restoring

T = TypeVar("T")
FOLDER = click.Path(exists=True, file_okay=False, writable=True, path_type=Path)
SECRET = click.option("--passphrase-file", type=FILE, help="File whose first line opens the holder.")


@click.command()
@click.argument("target", type=FOLDER)
@SECRET
@reaching
def backup(asker: Asker, target: Path, *, passphrase_file: Path | None) -> None:
    """Write an encrypted backup of all but objects into the folder TARGET, while the house runs or not.

    Nothing is written in the clear. It opens only with the holder and with `backup.keys` from the keyroom's
    folder: copy that file after every backup to another place, over the last copy, and never keep old ones.
    """
    made = _with_secret(lambda secret: making.make(asker.settings(), secret, target), passphrase_file)
    is_noted = noting.note(asker.settings(), noting.of_backup(made))
    asker.pairs(
        made,
        {
            "entry": "made" if is_noted else "with the next unseal",
            "backup": made.id,
            "file": str(made.path),
            "bytes": made.size_bytes,
            "generation": made.generation,
            "opens until": made.dies_at,
        },
    )


@click.command()
@click.argument("file", type=FILE)
@SECRET
@reaching
def drill(asker: Asker, file: Path, *, passphrase_file: Path | None) -> None:
    """Restore the backup FILE into a scratch place, prove every entry, row and opening of it, and forget it.

    It runs by itself where `backups` is set in the settings; else run it by a timer. `custodes doctor` says
    when the last good one is too old. Exit code 1 when anything in the backup is not as it must be.
    """
    done = _with_secret(lambda secret: drilling.drill(asker.settings(), file, secret), passphrase_file)
    noting.note(asker.settings(), noting.of_drill(done))
    asker.pairs(
        done, {"backup": done.backup, "rows": done.rows, "findings": ", ".join(done.findings) or "none"}
    )
    if done.findings:
        raise click.exceptions.Exit(EXIT_REFUSED)


@click.command()
@click.argument("file", type=FILE)
@click.option("--keys", required=True, type=FILE, help="The newest copy of backup.keys.")
@click.option("--mirror", type=FOLDER, help="Folder of a mirror of this log: go on from what it holds.")
@SECRET
@reaching
def restore(
    asker: Asker, file: Path, *, keys: Path, mirror: Path | None, passphrase_file: Path | None
) -> None:
    """Restore the backup FILE into this installation's empty database. The house comes up killed.

    With --mirror the logs go on to the last head anybody is known to have; entries made after the backup are
    then in the log with their leaves, counted, and lost otherwise.

    Grants have lapsed, tokens, S3 keys, passwords and sessions are void, what was erased since stays erased.
    Two officers of two organisations lift the kill: docs/runbooks/restore.md.
    """
    done = _with_secret(
        lambda secret: restoring.restore(asker.settings(), file, keys, secret, mirror), passphrase_file
    )
    pairs: dict[str, object] = {"backup": done.header.id, "made at": done.header.made_at, "state": "killed"}
    if done.caught_up is not None:
        first, last = done.caught_up.epochs
        lost = sum(one.end - one.first for one in done.caught_up.lost)
        pairs |= {"epochs caught up": f"{first} to {last}" if last >= first else "none"}
        pairs |= {"entries of which only leaves are left": lost}
        if done.caught_up.lost_customers:
            pairs |= {"customers to enrol anew": ", ".join(one.id for one in done.caught_up.lost_customers)}
    if done.untold:
        pairs |= {"customers not told": ", ".join(done.untold)}
    asker.pairs(done, pairs)


@click.command("lift-restored")
@click.option(
    "--document", type=click.Path(dir_okay=False, path_type=Path), help="Write what is signed here."
)
@click.option("--approval", "approvals", type=FILE, multiple=True, help="A signature; give two.")
@SECRET
@reaching
def lift_restored(
    asker: Asker, *, document: Path | None, approvals: tuple[Path, ...], passphrase_file: Path | None
) -> None:
    """Let a restored house use keys again, on its machine, before it is served.

    Two officers of two organisations sign the document with their file keys (`custodes file-key sign`) after
    they have looked at what `custodes audit` says.
    """
    if document is not None:
        document.write_bytes(
            _with_secret(lambda secret: restoring.to_sign(asker.settings(), secret), passphrase_file)
        )
        asker.pairs({"document": str(document)}, {"document": document})
        return
    given = [path.read_bytes().strip() for path in approvals]
    entry = _with_secret(lambda secret: restoring.lift(asker.settings(), given, secret), passphrase_file)
    asker.pairs({"entry": entry}, {"lifted": "restore", "entry": entry})


@click.command("close-log")
@click.option("--origin", help="Name of the log that follows; it never changes.")
@click.option(
    "--known",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Who may know more of the log: folder of a mirror, or a checkpoint somebody holds.",
)
@click.option(
    "--document",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="What officers sign: written with --origin, read with --approval.",
)
@click.option("--approval", "approvals", type=FILE, multiple=True, help="A signature; give two.")
@SECRET
@reaching
def close_log(
    asker: Asker,
    *,
    origin: str | None,
    known: tuple[Path, ...],
    document: Path,
    approvals: tuple[Path, ...],
    passphrase_file: Path | None,
) -> None:
    """Close the log of a restored house that is behind its witnesses, and open one that names the gap.

    For when nobody holds the lost leaves: `custodes restore --mirror` is better. Two officers of two
    organisations sign the document with their file keys. docs/runbooks/restore.md.
    """
    if origin is not None and not approvals:
        made = _with_secret(
            lambda secret: closing.document(asker.settings(), secret, origin, known), passphrase_file
        )
        document.write_bytes(made)
        asker.pairs({"document": str(document)}, {"document": document})
        return
    if origin is not None or not approvals:
        raise click.UsageError("first --origin, to write the document; then --approval, twice")
    given = [path.read_bytes().strip() for path in approvals]
    raw = document.read_bytes()
    done = _with_secret(lambda secret: closing.close(asker.settings(), secret, raw, given), passphrase_file)
    gap = done.document
    asker.pairs(
        gap,
        {
            "closed": gap.closes,
            "opened": gap.opens,
            "epochs missing": f"{gap.first_epoch} to {gap.last_epoch}",
            "from": gap.since,
            "to": gap.until,
        },
    )


def _with_secret(work: Callable[[bytes], T], passphrase_file: Path | None) -> T:
    """A key file opens by itself; for any other holder the passphrase is asked for."""
    if passphrase_file is None:
        try:
            return work(b"")
        except Refusal as refusal:
            if refusal.code != "wrong-secret":
                raise
    return work(passphrase_from(passphrase_file, "Passphrase of the holder"))
