"""Codes of rules, reasons, parties and credentials, and the words for them; `words` joins all tables."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

WHYS: Mapping[str, str] = MappingProxyType(  # codes that stand as the reason of an entry
    {
        "password": mark("with a password"),
        "passkey": mark("with a passkey"),
        "file-key": mark("with a key file"),
        "forbidden": mark("A rule forbids it."),
        "not-permitted": mark("No rule allows it."),
        "no-uses-left": mark("The grant is used up."),
        "policy:change": mark("new rules were chosen"),
        "policy:reset": mark("the preset rules were put back"),
    }
)
PHASES: Mapping[str, str] = MappingProxyType(
    {
        "single": mark("done at once"),
        "admission": mark("admitted"),
        "outcome": mark("ended"),
    }
)
CREDENTIALS: Mapping[str, str] = MappingProxyType(
    {
        "passkey": mark("Passkey on a device"),
        "file-key": mark("Key file"),
        "api-token": mark("API token"),
        "s3-key": mark("S3 access key"),
        "password": mark("Password"),
        "xks-key": mark("XKS access key"),
        "active": mark("valid"),
        "revoked": mark("taken away"),
        "expired": mark("run out"),
    }
)
PARTIES: Mapping[str, str] = MappingProxyType(
    {
        "customer": mark("Customer"),
        "trustee": mark("Trustee"),
        "supplier": mark("Supplier"),
        "provider": mark("Cloud provider"),
        "custodian": mark("Custodian"),
        "authority": mark("Authority"),
        "auditor": mark("Auditor"),
        "witness": mark("Witness"),
    }
)
CHANGERS: Mapping[str, str] = MappingProxyType(  # who can change what said no
    {
        "another-person": mark("Somebody else can."),
        "enrolment": mark("Whoever enrols people and roles of your organisation can change that."),
        "customer:owner": mark("The customer's owner can change that."),
        "customer:approver": mark("An approver of the customer can change that."),
        "trustee:administrator": mark("The trustee's administrators can mend that."),
        "nobody": mark("Nobody can change that."),
        "time": mark("Time changes that."),
    }
)
WEEKDAYS: Mapping[str, str] = MappingProxyType(
    {
        "1": mark("Monday"),
        "2": mark("Tuesday"),
        "3": mark("Wednesday"),
        "4": mark("Thursday"),
        "5": mark("Friday"),
        "6": mark("Saturday"),
        "7": mark("Sunday"),
    }
)
CHANGING: Mapping[str, str] = MappingProxyType(
    {
        "rules": mark("Change the rules"),
        "rules-reset": mark("Put the preset rules back"),
        "boundary": mark("Change the boundary"),
    }
)
