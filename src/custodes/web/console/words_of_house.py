"""Words for what the installation does itself: starts, shares, holders, backups, losses; see `words`."""

from collections.abc import Mapping
from types import MappingProxyType

from .words_of_rules import mark

OF_THE_HOUSE: Mapping[str, str] = MappingProxyType(
    {
        "house.unseal": mark("Installation unsealed"),
        "house.seal": mark("Installation sealed"),
        "house.start": mark("Installation started"),
        "house.lost": mark("Entries lost with a machine"),
        "house.gap": mark("Log closed after a loss"),
        "house.turn": mark("The log goes on under its next year"),
        "house.prune": mark("A year of the log was pruned"),
        "house.backup": mark("Backup made"),
        "house.drill": mark("Restore drill"),
        "share.give": mark("Unseal share given"),
        "share.refuse": mark("Unseal share refused"),
        "share.cancel": mark("Unsealing by shares cancelled"),
        "share.lapse": mark("Unsealing by shares lapsed"),
        "share.change": mark("Unseal shares made anew"),
        "holder.use": mark("Root used"),
        "holder.gone": mark("Holder of the root gone"),
        "holder.back": mark("Holder of the root back"),
        "holder.move": mark("Root moved to another holder"),
        "log.holder": mark("The log's keys moved to another holder"),
    }
)
