"""Codes and the words for them: one table per kind of code. A code that is in no table is shown as it is.

`mark` only marks a text for extraction; the words are looked up in the reader's language when a page is made.
"""

from collections.abc import Mapping
from types import MappingProxyType


def mark(text: str) -> str:
    """Mark `text` as a message (`pybabel extract -k mark`)."""
    return text


STATES: Mapping[str, str] = MappingProxyType(
    {
        "requested": mark("Requested"),
        "waiting": mark("Waiting for approval"),
        "approved": mark("Approved"),
        "granted": mark("Granted"),
        "in-use": mark("In use"),
        "returned": mark("Returned early"),
        "denied": mark("Denied"),
        "revoked": mark("Revoked"),
        "withdrawn": mark("Withdrawn"),
        "lapsed": mark("Lapsed"),
        "reviewed": mark("Reviewed"),
        "closed": mark("Closed"),
        "active": mark("Active"),
        "disabled": mark("Disabled"),
        "killed": mark("Killed"),
        "sealed": mark("Sealed"),
        "destruction-scheduled": mark("Destruction scheduled"),
        "destroyed": mark("Destroyed"),
        "retired": mark("Retired"),
    }
)
TONES: Mapping[str, str] = MappingProxyType(  # state -> how its tag looks; the rest is `info`
    {
        "approved": "success",
        "granted": "success",
        "in-use": "success",
        "active": "success",
        "reviewed": "success",
        "requested": "warning",
        "waiting": "warning",
        "destruction-scheduled": "warning",
        "sealed": "warning",
        "denied": "danger",
        "revoked": "danger",
        "killed": "danger",
        "destroyed": "danger",
    }
)
VERBS: Mapping[str, str] = MappingProxyType(
    {
        "request": mark("Ask for access"),
        "approve": mark("Approve"),
        "deny": mark("Deny"),
        "withdraw": mark("Withdraw the request"),
        "revoke": mark("Revoke the grant"),
        "return": mark("Return access early"),
        "review": mark("Record the review"),
        "remind": mark("Send a reminder"),
        "escalate": mark("Escalate"),
        "lapse": mark("Let it lapse"),
        "rotate": mark("Rotate"),
        "disable": mark("Disable"),
        "enable": mark("Enable"),
        "schedule-destruction": mark("Schedule destruction"),
        "cancel-destruction": mark("Cancel destruction"),
        "kill": mark("Kill"),
        "lift": mark("Lift the kill"),
    }
)
DONE: Mapping[str, str] = MappingProxyType(
    {
        "request": mark("Access requested"),
        "approve": mark("Approved"),
        "deny": mark("Denied"),
        "withdraw": mark("Request withdrawn"),
        "revoke": mark("Grant revoked"),
        "return": mark("Access returned early"),
        "review": mark("Review recorded"),
        "remind": mark("Reminder sent"),
        "escalate": mark("Escalated"),
        "lapse": mark("Lapsed"),
        "grant": mark("Grant issued"),
        "use": mark("Read under the grant"),
    }
)
ACTS: Mapping[str, str] = MappingProxyType(
    {
        "key-use": mark("Key used"),
        "object-read": mark("Object read"),
        "object-write": mark("Object written"),
        "object-delete": mark("Object deleted"),
        "key-kill": mark("Key killed"),
        "key-lift": mark("Kill lifted"),
        "key-rotate": mark("Key rotated"),
        "lockbox-request": mark("Access requested"),
        "lockbox-approve": mark("Access approved"),
        "lockbox-deny": mark("Access denied"),
        "lockbox-use": mark("Read under a grant"),
        "policy-change": mark("Policy changed"),
        "boundary-change": mark("Boundary changed"),
    }
)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "own-request": mark("Nobody approves a request of his own."),
        "same-organisation": mark(
            "Somebody of the same organisation has already approved; another one is needed."
        ),
        "already-approved": mark("You have already approved."),
        "not-your-role": mark("Your role does not include this."),
        "not-granted": mark("There is no grant yet."),
        "case-closed": mark("The case is closed."),
        "not-due": mark("It is not due yet."),
        "no-uses-left": mark("No uses are left."),
        "key-killed": mark("The key has been killed."),
        "waits-for-quorum": mark("Approvals of further organisations are missing."),
    }
)
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "approver": mark("an approver"),
        "customer-approver": mark("an approver of the customer"),
        "trustee-approver": mark("an approver of the trustee"),
        "requester": mark("the person who asked"),
        "reviewer": mark("a reviewer"),
        "officer": mark("an officer"),
        "key-officer": mark("a key officer"),
        "auditor": mark("an auditor"),
        "clock": mark("the clock"),
    }
)
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "asked-by": mark("Asked by"),
        "asked-for": mark("On behalf of"),
        "resource": mark("Resource"),
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
    }
)
HINTS: Mapping[str, str] = MappingProxyType(
    {
        "logged": mark("What you write here will be logged and shown to the customer."),
        "signed-outside": mark("Paste the signature that the command line made with your key file."),
        "hours": mark("One hour is usual, eight are the most."),
    }
)
DESKS: Mapping[str, str] = MappingProxyType(
    {
        "lockbox": mark("Access to data"),
        "order": mark("Legal demand"),
        "incident": mark("Incident"),
        "kill": mark("Kill and lift"),
        "destruction": mark("Destruction of a key"),
    }
)
BASES: Mapping[str, str] = MappingProxyType(
    {
        "application": mark("own application"),
        "grant": mark("grant"),
        "break-glass": mark("break-glass"),
        "order": mark("legal order"),
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
CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "ordinary": mark("Ordinary data"),
        "personal": mark("Personal data"),
        "social": mark("Social data"),
        "tax": mark("Tax data"),
        "health": mark("Health data"),
        "professional-secrecy": mark("Under professional secrecy"),
    }
)
STANDSTILLS: Mapping[str, str] = MappingProxyType(
    {
        "application": mark("Application"),
        "grant": mark("Grant"),
        "job": mark("Running job"),
        "bucket": mark("Bucket"),
    }
)
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "key": mark("this key"),
        "customer": mark("all keys of this customer"),
        "provider": mark("everything that lies with this cloud provider"),
        "house": mark("every key of this installation"),
    }
)
LOGS: Mapping[str, str] = MappingProxyType(
    {
        "machine": mark("Machine uses"),
        "exceptional": mark("Exceptional access"),
        "root": mark("Root log"),
    }
)
WITHHELD: Mapping[str, str] = MappingProxyType(
    {
        "erased": mark("erased, the proof remains valid"),
        "withheld": mark("withheld for now, fixed today and opened later"),
    }
)
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "bad-credentials": mark("Account, password or passkey do not match."),
        "no-credential": mark("Please sign in."),
        "too-many-attempts": mark("Too many attempts. Please wait a minute and try again."),
        "stale-form": mark("The form was too old or not ours. Nothing was changed. Please send it again."),
        "cross-site": mark("The form came from another site. Nothing was changed."),
        "field-missing": mark("Please fill in this field."),
        "bad-value": mark("This value is not possible here."),
        "state-changed": mark("Somebody was faster. You see the new state."),
    }
)
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "malformed": mark("This request cannot be understood. Nothing was changed."),
        "unauthenticated": mark("Please sign in to see this page."),
        "denied": mark("You are not allowed to do this. Nothing was changed."),
        "absent": mark("There is no such page, or it is not yours to see."),
        "conflict": mark("Somebody was faster, or a condition no longer holds. Nothing was changed."),
        "locked": mark("This is locked. Somebody with the right to do so must open it first."),
        "limited": mark("Too much or too fast. Please try again in a moment."),
        "unavailable": mark("Something this page needs does not answer. To be safe, the answer is no."),
        "broken": mark("Something went wrong on our side. It has been recorded."),
    }
)
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "state": STATES,
        "verb": VERBS,
        "done": DONE,
        "act": ACTS,
        "reason": REASONS,
        "role": ROLES,
        "label": LABELS,
        "hint": HINTS,
        "desk": DESKS,
        "basis": BASES,
        "holder": HOLDERS,
        "limit": LIMITS,
        "class": CLASSES,
        "standstill": STANDSTILLS,
        "scope": SCOPES,
        "log": LOGS,
        "withheld": WITHHELD,
        "refusal": REFUSALS,
        "kind": KINDS,
    }
)


def word(table: str, code: str) -> str:
    """The English message for a code; the code itself where there is none."""
    return TABLES[table].get(code, code)
