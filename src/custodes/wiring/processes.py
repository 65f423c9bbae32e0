"""Which processes an installation has: those of every house, and one for each wire that is switched on."""

from custodes.settings import Settings

PROCESSES = ("keyroom", "logkeeper", "console", "s3", "log")
OPTIONAL = ("xks", "transit", "dke", "kms")  # each runs only where its setting switches it on


def wanted(settings: Settings) -> tuple[str, ...]:
    """The processes of this installation."""
    is_on = {
        "xks": settings.xks_port or settings.xks_socket,
        "transit": settings.transit_port,
        "dke": settings.dke_port,
        "kms": settings.kms_socket,
    }
    return (*PROCESSES, *(name for name in OPTIONAL if is_on[name]))
