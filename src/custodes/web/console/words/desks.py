"""States, moves and fields of desks, where `desks.words` has none of its own."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

STATES: Mapping[str, str] = MappingProxyType(
    {
        "active": mark("Active"),
        "disabled": mark("Disabled"),
        "killed": mark("Killed"),
        "sealed": mark("Sealed"),
        "destruction-scheduled": mark("Destruction scheduled"),
        "destroyed": mark("Destroyed"),
        "retired": mark("Retired"),
        "current": mark("In use"),
        "on": mark("On"),
        "off": mark("Off"),
        "ended": mark("Ended"),
    }
)
TONES: Mapping[str, str] = MappingProxyType(  # state -> how its tag looks; the rest is `info`
    {
        "granted": "success",
        "preserving": "success",
        "ordered": "warning",
        "securing": "warning",
        "ended": "warning",
        "active": "success",
        "on": "success",
        "off": "danger",
        "asked": "warning",
        "called": "warning",
        "destruction-scheduled": "warning",
        "sealed": "warning",
        "denied": "danger",
        "unanswered": "danger",
        "revoked": "danger",
        "killed": "danger",
        "destroyed": "danger",
    }
)
VERBS: Mapping[str, str] = MappingProxyType(
    {
        "rotate": mark("Rotate"),
        "disable": mark("Disable"),
        "enable": mark("Enable"),
        "schedule-destruction": mark("Schedule destruction"),
        "cancel-destruction": mark("Cancel destruction"),
        "destroy": mark("Destroy"),
        "kill": mark("Kill"),
        "lift": mark("Lift the kill"),
    }
)
DONE: Mapping[str, str] = MappingProxyType(
    {
        "ask": mark("Access requested"),
        "call": mark("Emergency called"),
        "second": mark("Emergency confirmed"),
        "approve": mark("Approved"),
        "deny": mark("Denied"),
        "withdraw": mark("Request withdrawn"),
        "revoke": mark("Grant revoked"),
        "return": mark("Access returned early"),
        "review": mark("Review recorded"),
        "remind": mark("Reminder sent"),
        "escalate": mark("Escalated"),
        "lapse": mark("Lapsed"),
        "spend": mark("Used up"),
    }
)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "wrong-key-state": mark("Not possible in the present state of the key."),
    }
)
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "owner": mark("Owner"),
        "key-officer": mark("Key officer"),
        "approver": mark("Approver"),
        "reader": mark("Reader"),
        "auditor": mark("Auditor"),
        "administrator": mark("Administrator"),
        "engineer": mark("Engineer"),
        "share-holder": mark("Holder of a key share"),
        "witness": mark("Witness"),
        "application": mark("Application"),
    }
)
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "asked-by": mark("Asked by"),
        "asked-for": mark("On behalf of"),
        "resource": mark("Resource"),
        "only-for": mark("Only for requests in which the other end names"),
        "purpose": mark("Purpose"),
        "ticket": mark("Ticket"),
        "window": mark("Window"),
        "begins-at": mark("Begins"),
        "lapses-at": mark("Ends"),
        "uses": mark("Uses"),
        "bytes": mark("Bytes"),
        "reason": mark("Reason"),
        "comment": mark("Comment"),
        "confirm": mark("Confirmation"),
        "act": mark("Act"),
        "who": mark("Who"),
        "bytes-at-most": mark("Bytes at most"),
        "reasons": mark("All reasons"),
        "areas": mark("Machines stand in"),
        "jurisdictions": mark("The operator is controlled from"),
        "denied_jurisdictions": mark("and not from"),
        "data_classes": mark("Classes of data"),
        "from-minute": mark("From what time (UTC)"),
        "to-minute": mark("To what time (UTC)"),
        "key": mark("Key"),
        "state": mark("State"),
        "holder": mark("Holder of the root"),
        "version": mark("Version"),
        "current-version": mark("Current version"),
        "born-at": mark("Created"),
        "used-at": mark("Last use"),
        "policy": mark("Policy"),
        "boundary": mark("Boundary"),
        "grant": mark("Grant"),
        "hours": mark("Hours"),
        "outcome": mark("Outcome"),
        "file": mark("Signature file"),
        "organisation": mark("Organisation"),
        "person": mark("Person"),
        "actor": mark("Credential"),
        "key_version": mark("Key version"),
        "bucket": mark("Bucket"),
        "object_version": mark("Object version"),
        "object_name": mark("Name of the object"),
        "decision": mark("Decision"),
        "policies": mark("Deciding policies"),
        "case": mark("Case"),
        "move": mark("Move"),
        "location": mark("Place"),
        "until": mark("Until"),
        "count": mark("Number"),
        "subject": mark("Subject"),
        "prefix": mark("Prefix"),
        "beneficiary": mark("Who is to have access"),
        "credential": mark("Credential"),
        "action": mark("Action"),
        "not-before": mark("Not before"),
        "lapses-latest": mark("Ends at the latest"),
        "customer": mark("Customer"),
        "destroy-after": mark("Destroyed at the earliest"),
        "rewrap": mark("Wrapped anew so far"),
        "role": mark("Role"),
        "uses-spent": mark("Uses so far"),
        "bytes-spent": mark("Bytes so far"),
        "finding": mark("Finding"),
        "remark": mark("Remark"),
        "kind": mark("Kind"),
        "document-hash": mark("Hash of the document"),
        "phase": mark("Phase"),
        "policy_hash": mark("Hash of the rules"),
        "generations": mark("What the decision rested on"),
        "grant_hash": mark("Hash of the grant"),
        "form": mark("Hash of the form"),
        "admission": mark("Belongs to the entry"),
        "outcomes": mark("Closes the entries"),
        "standing_seq": mark("Number of the standing root"),
        "standing_root": mark("Standing root"),
        "source_location": mark("From the place"),
        "note_hash": mark("Hash of the document kept elsewhere"),
        "claims": mark("Asserted by others"),
        "person_claims": mark("Asserted by others about a person"),
        "custody": mark("Root kept in"),
        "subject_hash": mark("Hash of what was enrolled or changed"),
        "position": mark("About the entry"),
    }
)
HINTS: Mapping[str, str] = MappingProxyType(
    {
        "logged": mark("What you write here will be logged and shown to the customer."),
        "signed-outside": mark("Paste the signature that the command line made with your key file."),
        "areas": mark("Codes of countries or unions, with commas between them, such as DE, FR or EU."),
        "purposes": mark("Codes of purposes, with commas between them: operation, audit, support and so on."),
        "classes": mark("Codes of classes, with commas between them: personal, social, tax, health."),
        "hours": mark("One hour is usual, eight are the most."),
    }
)
DESKS: Mapping[str, str] = MappingProxyType(
    {
        "kill": mark("Kill and lift"),
        "destruction": mark("Destruction of a key"),
    }
)
PUBLIC: Mapping[str, str] = MappingProxyType(  # what all the world may do in a public bucket
    {
        "list": mark("list names and sizes"),
        "read": mark("read objects"),
        "write": mark("write objects"),
        "delete": mark("delete objects"),
    }
)
BASES: Mapping[str, str] = MappingProxyType(
    {
        "public": mark("public: without signing in"),
        "application": mark("own application"),
        "role": mark("by role, where the rules allow it"),
        "grant": mark("grant"),
        "break-glass": mark("break-glass"),
        "order": mark("legal order"),
    }
)
CHOICES: Mapping[str, str] = MappingProxyType(  # what a choice of a desk's form is called
    {
        "key:use-unwrap": mark("Unwrap with a key"),
        "key:use-sign": mark("Sign with a key"),
        "key:use-verify": mark("Verify with a key"),
        "object:list": mark("List objects"),
        "object:read": mark("Read objects"),
        "incident": mark("Security incident"),
        "support": mark("Support by a supplier"),
        "as-asked": mark("It was as asked for"),
        "not-as-asked": mark("It was not as asked for"),
        "cannot-tell": mark("Cannot be told"),
        "operation": mark("Regular operation"),
        "administration": mark("Administration"),
        "audit": mark("Audit"),
        "emergency": mark("Emergency"),
        "order": mark("Legal order"),
        "allow": mark("Allowed"),
        "deny": mark("Refused"),
        "complete": mark("Complete"),
        "cut": mark("Cut off"),
        "failed": mark("Failed"),
        "as-below": mark("word for word what you write below"),
        "person-right": mark("Right of a data subject"),
        "exit": mark("The customer leaves"),
    }
)
LIFTED: Mapping[str, str] = MappingProxyType(  # what opens a closed move without changing a rule
    {
        "lockbox:request": mark("Ask for access."),
        "lockbox:review": mark("Review the access first."),
        "another-person": mark("Another person can do it."),
        "report": mark("Please report this to the operator."),
        "sign-in-as-person": mark("Sign in as a person."),
        "passkey-or-file-key": mark("Sign it with a passkey or a key file."),
        "vetting": mark("Have your identity document seen by two officers."),
        "kill:lift": mark("Lift the kill first."),
        "house:unseal": mark("Unseal the installation first."),
        "boundary:change": mark("Change the boundary."),
        "real-credential": mark("Use a credential that is not for demos."),
    }
)
