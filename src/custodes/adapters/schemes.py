"""Which adapter a URI's scheme names: our own table first, then entry points of other packages."""

from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import cast

from custodes.custody.holder import Holder
from custodes.kernel.refusal import malformed

HOLDERS = MappingProxyType(
    {
        "file": "custodes.adapters.file_holder:FileHolder",
        "keyfile": "custodes.adapters.file_holder:FileHolder",
        "pkcs11": "custodes.adapters.holders.pkcs11:Pkcs11Holder",
        "openbao+https": "custodes.adapters.holders.openbao:OpenBaoHolder",
    }
)
HOLDERS_GROUP = "custodes.holders"


def holder(uri: str) -> Holder:
    """The holder a URI names, sealed. Its class takes the URI as its one argument.

    `holder-scheme` (malformed) when no adapter has the scheme; our own schemes cannot be taken over.
    """
    scheme, colon, _ = uri.partition(":")
    if colon and scheme in HOLDERS:
        module, _, name = HOLDERS[scheme].partition(":")
        return cast(Holder, getattr(import_module(module), name)(uri))
    for point in entry_points(group=HOLDERS_GROUP):
        if colon and point.name == scheme:
            return cast(Holder, point.load()(uri))
    raise malformed("holder-scheme")
