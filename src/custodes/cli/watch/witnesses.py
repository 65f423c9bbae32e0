"""`custodes witnesses`: whose cosignatures a customer, or the installation, asks for."""

from pathlib import Path

import click

from custodes.acts.asks.documents import witness_policy_document
from custodes.acts.asks.rules import LookWitnessPolicy, SetWitnessPolicy, WitnessPolicySet
from custodes.cli.speech import Asker, reaching, signing
from custodes.cli.speech.options import APPROVAL_HELP, FILE

_CUSTOMER = click.option("--customer", required=True, help="Id of the customer, or of the installation.")


@click.group("witnesses")
def witnesses() -> None:
    """Who has to have cosigned the log before a key is used: a tlog-policy per customer."""


@witnesses.command("show")
@_CUSTOMER
@reaching
def show(asker: Asker, *, customer: str) -> None:
    """The policies that stand."""
    _show(asker, asker.ask(LookWitnessPolicy(asker.evidence, customer)))


@witnesses.command("set")
@_CUSTOMER
@click.argument("file", type=FILE)
@click.option(
    "--document",
    "save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of the installation: write what is to be signed here, and do nothing else.",
)
@click.option("--approval", "approvals", type=FILE, multiple=True, help=APPROVAL_HELP)
@signing
def set_(asker: Asker, *, customer: str, file: Path, save: Path | None, approvals: tuple[Path, ...]) -> None:
    """Ask for the cosignatures of the tlog-policy in FILE; an empty file: what the installation asks for.

    A customer's owner signs alone. For the installation itself two people of two organisations sign.
    """
    policy = file.read_text(encoding="utf-8")
    generation = asker.ask(LookWitnessPolicy(asker.evidence, customer)).generation
    house = asker.look().id
    if customer != house:
        bare = SetWitnessPolicy(asker.evidence, customer, policy)
        _show(asker, asker.ask(asker.signed(bare, generation)))
        return
    document = witness_policy_document(house, customer, policy, generation)
    if save is not None:
        save.write_bytes(document)
        asker.pairs({"document": str(save)}, {"document": save})
        return
    others = tuple(path.read_bytes().strip() for path in approvals)
    signatures = (asker.sign(document), *others)
    _show(asker, asker.ask(SetWitnessPolicy(asker.evidence, customer, policy, signatures)))


def _show(asker: Asker, found: WitnessPolicySet) -> None:
    asker.pairs(
        found,
        {
            "customer": found.customer,
            "generation": found.generation,
            "his own": found.policy.strip() or "-",
            "the installation's": found.house_policy.strip() or "-",
        },
    )
