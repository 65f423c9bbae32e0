"""Words for what the installation does itself: starts, shares, holders, backups, losses; see `words`."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

OF_THE_HOUSE: Mapping[str, str] = MappingProxyType(
    {
        "house.unseal": mark("Installation unsealed"),
        "house.seal": mark("Installation sealed"),
        "house.start": mark("Installation started"),
        "house.lost": mark("Entries lost with a machine"),
        "house.gap": mark("Log closed after a loss"),
        "house.turn": mark("The log goes on under its next year"),
        "house.prune": mark("A year of the log was pruned"),
        "house.strays": mark("Left over blobs removed from a store"),
        "house.store-mark": mark("A store's disk became the one to be found there"),
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
LABELS_OF_STRAYS: Mapping[str, str] = MappingProxyType(
    {
        "place": mark("Place"),
        "found-by": mark("Found first at the latest"),
        "blobs": mark("Blobs"),
        "digest": mark("SHA-256 of the list"),
    }
)
HOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "file": mark("a file on the trustee's machine"),
        "hsm": mark("a hardware security module"),
        "openbao": mark("an OpenBao server"),
        "kms": mark("an external key service"),
    }
)
LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "root-on-machine": mark(
            "Whoever is root on the trustee's machine can read the memory of the process that holds the keys."
        ),
        "data-key-cached": mark(
            "After an unwrap, a cloud that serves the data may hold a data key for a while."
        ),
        "witness-embedded": mark("The only witness runs in this installation and counts as none."),
    }
)
FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "ok": mark("In order"),
        "warning": mark("Warning"),
        "wrong": mark("Wrong"),
        "unknown": mark("Not assessed"),
    }
)

STORE_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "store-gone": mark("It does not answer, or its folder is not there."),
        "store-slow": mark("It did not answer within 20 seconds."),
        "store-full": mark("It has no space left, or cannot be written to."),
        "store-not-this-one": mark("The folder is there, but not the disk that was there before."),
    }
)
STORE_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "store-gone": mark(
            "Mount the disk, or have the provider's service checked: address, network, credentials."
        ),
        "store-slow": mark("Have the network to it and its own service checked."),
        "store-full": mark("Free some space, or check whether the disk went over to read-only."),
        "store-not-this-one": mark(
            "Mount the right disk. Only if it was replaced by an empty one on purpose:"
            " custodes store renew FOLDER, then have every copy read and repaired."
        ),
    }
)
