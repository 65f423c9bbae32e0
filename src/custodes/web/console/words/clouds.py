"""Codes about connections of clouds and the words for them."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

CONNECTION_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "xks": mark("AWS KMS (external key store)"),
        "dke": mark("Microsoft 365 (Double Key Encryption)"),
        "transit": mark("Transit engine"),
        "kms-v2": mark("Kubernetes secrets (KMS v2)"),
    }
)
KEY_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "aes256-gcm96": mark("AES-256-GCM: seals (objects, AWS, transit, Kubernetes)"),
        "aes128-gcm96": mark("AES-128-GCM: seals for the transit engine"),
        "ed25519": mark("Ed25519: signs"),
        "ecdsa-p256": mark("ECDSA P-256: signs"),
        "ecdsa-p384": mark("ECDSA P-384: signs"),
        "ecdsa-p521": mark("ECDSA P-521: signs"),
        "rsa-2048": mark("RSA 2048: seals and signs (Microsoft 365)"),
        "rsa-3072": mark("RSA 3072: seals and signs (Microsoft 365)"),
        "rsa-4096": mark("RSA 4096: seals and signs (Microsoft 365)"),
        "hmac": mark("HMAC: message codes"),
    }
)
LENDING: Mapping[str, str] = MappingProxyType(  # a row of the form: lent for what
    {
        "-": mark("not lent"),
        "both": mark("sealing and opening"),
        "wrap": mark("sealing only"),
        "unwrap": mark("opening only"),
        "none": mark("to be seen only"),
    }
)
SIGNING: Mapping[str, str] = MappingProxyType(  # what is signed about a connection
    {
        "set": mark("Make or change a connection"),
        "on": mark("Switch the connection on"),
        "end": mark("End the connection for good"),
        "credential": mark("Make a credential for the other end"),
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
        "dke-app": mark("Register the application that tokens are meant for (Azure command line)"),
        "dke-label": mark("Give the label this address (Security & Compliance PowerShell)"),
        "dke-client": mark("Switch it on for Office programs that have it off (Windows, as administrator)"),
        "dke-look": mark("Look at the public half by hand, and at the challenge"),
        "transit-on": mark("Switch it on in the settings"),
        "transit-name": mark("This plane's name for other machines, in the settings"),
        "transit-address": mark("Address and token of the application"),
        "transit-look": mark("Look at a key"),
        "transit-use": mark("Seal something"),
        "transit-sops": mark("SOPS: the file .sops.yaml"),
        "kms-settings": mark("Settings of this installation, and the token in a file"),
        "kms-configuration": mark("File for --encryption-provider-config"),
        "kms-rewrite": mark("Write anew what is there, once"),
    }
)
LABELS_OF_CLOUDS: Mapping[str, str] = MappingProxyType(
    {
        "name": mark("How people call it"),
        "path": mark("Path"),
        "grants-name": mark("Grants name it as"),
        "key-kind": mark("Kind"),
        "lent": mark("Keys lent"),
        "text": mark("Reason or label"),
        "setting-identity-issuer": mark("Identity issuer"),
        "setting-token-issuers": mark("Issuers in tokens"),
        "setting-audiences": mark("Audiences in tokens"),
        "setting-intents": mark("Intents the customer signed"),
        "setting-minimum-grade": mark("Least grade of a reason"),
        "setting-access": mark("Who uses which key"),
        "setting-cache-days": mark("Days the public half is kept"),
        "made-at": mark("Made"),
        "setting-host": mark("Host name"),
        "setting-regions": mark("Regions"),
        "setting-client-names": mark("Names in client certificates"),
        "setting-uses-per-second": mark("Uses per second, at most"),
    }
)
REFUSED_CLOUDS: Mapping[str, str] = MappingProxyType(
    {
        "forbidden": mark("A rule forbids it."),
        "not-permitted": mark("No rule allows it."),
        "bad-connection": mark("The form is not in order: a name twice, or a value of another form."),
        "connection-ended": mark("The connection has ended; make another one."),
        "connection-keys-two": mark("Two credentials are live already: drop the old one first."),
        "form-too-small": mark("More keys than the form takes; use the command line."),
        "grade-too-low": mark("Nobody but the other end says why; the connection demands more."),
        "caller-not-listed": mark("No line of access admits this caller."),
        "minimum-unchanged": mark("That is the oldest version that opens already."),
        "version-unknown": mark("The key has no such version."),
        "no-such-key": mark("There is no such key."),
    }
)
OF_CLOUDS: Mapping[str, Mapping[str, str]] = MappingProxyType(  # the tables by their names
    {
        "connection-kind": CONNECTION_KINDS,
        "key-kind": KEY_KINDS,
        "cloud-verb": CLOUD_VERBS,
        "guide-step": GUIDE_STEPS,
        "lending": LENDING,
        "cloud-signing": SIGNING,
    }
)
