"""The last lines of the tour: what this installation does not prevent, looked up on this machine."""

import os
import resource

from custodes.ledger import quorum
from custodes.ledger.receipt import parse_pins
from custodes.settings import Settings
from custodes.wiring import border

_ALWAYS = (
    (
        "Root on this machine: whoever is root can read the keyroom's memory and with it every key. "
        "An HSM or split custody is for that."
    ),
    (
        "Whoever runs as this user: in a demo all processes share one user and the holder's key is a file "
        "of his."
    ),
    (
        "An object's name rolled back in the database is noticed by audit and not prevented: the read "
        "itself succeeds."
    ),
)


def lines(settings: Settings) -> tuple[str, ...]:
    """One sentence each; those about the machine only where they are so."""
    said = list(_ALWAYS)
    policy = quorum.parse(parse_pins((settings.public_log / "pins.json").read_bytes()).policy.encode())
    if policy.is_none:
        said.append(
            "Two histories: no witness outside the house vouches for this log. The one embedded here counts "
            "zero, and the receipts say so."
        )
    if border.landlock_abi() == 0:
        said.append("This machine has no Landlock: a plane that is broken into can open this user's files.")
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if os.geteuid() != 0 and soft != resource.RLIM_INFINITY:
        said.append("This machine does not let the keyroom lock its memory: keys may reach the swap space.")
    return tuple(said)
