"""Everything this process can see of its machine and its installation."""

from custodes.acts.asks.running.findings import Finding
from custodes.settings import Settings

from .installation import installation
from .machine import machine


def findings(settings: Settings) -> tuple[Finding, ...]:
    """The machine's, then the installation's."""
    return (*machine(), *installation(settings))
