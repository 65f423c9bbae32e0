"""`custodes`: the group all commands hang on, and the script by which shells complete them."""

import click
from click.shell_completion import get_completion_class

from custodes import __version__

from .applying.apply import apply
from .applying.signing_in import sign_in
from .audit import audit
from .backing.backup import backup, close_log, drill, lift_restored, restore
from .bundles.bundle import bundles
from .cases import cases
from .clock import clock
from .clouds.connections import connections
from .custodians.ceremony import ceremony
from .custodians.holders import holders
from .custodians.shares import shares
from .demo import demo
from .doctor import doctor
from .file_keys import file_keys
from .founding.init import init
from .founding.settle import settle
from .house import kill, kills, lift, seal, status, unseal
from .identity.directories import directories
from .identity.issuers import issuers
from .keys import keys
from .leaving.export import export
from .leaving.restore import restoring
from .logs.growth import growth
from .logs.log import explain, log
from .logs.metering import metering
from .logs.retention import retention
from .parties import customers, parties, whoami
from .people.cover import cover
from .people.leavers import leavers
from .people.notices import notices
from .places import boundaries, buckets, locations, rules
from .preserving.preservations import preservations
from .serve import serve
from .storing.adopt import adopt
from .storing.copies import copies, place, scrub
from .storing.renewing import renew
from .storing.strays import stores
from .storing.webhooks import webhooks
from .tour import tour
from .verify import verify
from .watch.certificate import certificate
from .watch.mirror import mirror
from .watch.monitor import monitor
from .watch.timestamp import timestamp
from .watch.veil import veil
from .watch.witness import witness
from .watch.witnesses import witnesses

PROGRAM = "custodes"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=PROGRAM)
def main() -> None:
    """A data trustee: holds the keys to data in any cloud and proves every use of them.

    Say which installation: --folder DIR on its own machine, or --url from elsewhere. Every command takes
    --json. Exit codes: 0 done, 1 refused, 2 wrong use, 3 something does not answer.
    """


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands and options: `eval "$(custodes completion bash)"`."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError("this shell is not known")
    click.echo(found(main, {}, PROGRAM, "_CUSTODES_COMPLETE").source())


COMMANDS = (
    init,
    settle,
    apply,
    backup,
    drill,
    restore,
    close_log,
    lift_restored,
    serve,
    demo,
    tour,
    status,
    unseal,
    seal,
    shares,
    ceremony,
    holders,
    kill,
    kills,
    lift,
    clock,
    sign_in,
    whoami,
    cases,
    preservations,
    keys,
    customers,
    parties,
    issuers,
    directories,
    cover,
    leavers,
    notices,
    locations,
    boundaries,
    rules,
    buckets,
    stores,
    webhooks,
    connections,
    export,
    log,
    retention,
    growth,
    explain,
    metering,
    verify,
    audit,
    witness,
    mirror,
    monitor,
    certificate,
    timestamp,
    veil,
    bundles,
    witnesses,
    doctor,
    file_keys,
    completion,
)
for command in COMMANDS:
    main.add_command(command)
for command in (copies, scrub, place, adopt, restoring):
    buckets.add_command(command)
stores.add_command(renew)
