"""Codes about connections of clouds and the words for them."""

from collections.abc import Mapping
from types import MappingProxyType

from .words_of_rules import mark

CONNECTION_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "xks": mark("AWS KMS (external key store)"),
        "dke": mark("Microsoft 365 (Double Key Encryption)"),
        "transit": mark("Transit engine"),
        "kms-v2": mark("Kubernetes secrets (KMS v2)"),
    }
)
CLOUD_VERBS: Mapping[str, str] = MappingProxyType({"wrap": mark("sealing"), "unwrap": mark("opening")})
GUIDE_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "front": mark("The TLS front before this installation"),
        "create": mark("Make the key store; the variables hold what was shown with the credential"),
        "connect": mark("Connect it"),
        "key": mark("Make a KMS key over a key lent"),
        "change-over": mark("Change over to a second credential, then drop the first"),
        "look": mark("Ask for its health by hand"),
    }
)
LABELS_OF_CLOUDS: Mapping[str, str] = MappingProxyType(
    {
        "path": mark("Path"),
        "made-at": mark("Made"),
        "setting-host": mark("Host name"),
        "setting-regions": mark("Regions"),
        "setting-client-names": mark("Names in client certificates"),
        "setting-uses-per-second": mark("Uses per second, at most"),
    }
)
