"""Codes and the words for them: one table per kind of code. A code that is in no table is shown as it is.

`mark` only marks a text for extraction; the words are looked up in the reader's language when a page is made.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.desks import catalogue, forms
from custodes.desks import words as desk_words
from custodes.law.book import shipped
from custodes.policy.words import WORDS as RULE_WORDS

from .words_of_clouds import LABELS_OF_CLOUDS, OF_CLOUDS
from .words_of_house import OF_THE_HOUSE
from .words_of_onboarding import FAULTS, MEMBERS, NOUNS, PLANNED, VERSIONING, WEAKER, WHO
from .words_of_people import (
    CHANNELS,
    MARKS,
    MESSAGES,
    NOTICES,
    STRETCHES,
    TRIED,
    TROUBLES,
)
from .words_of_refusals import KINDS, REFUSALS
from .words_of_rules import CHANGERS, CHANGING, CREDENTIALS, PARTIES, PHASES, WEEKDAYS, WHYS, mark

_OF_DESKS = frozenset({"desk", "state", "verb", "role", "reason", "refusal"})


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
ACTS: Mapping[str, str] = MappingProxyType(
    {
        **OF_THE_HOUSE,
        "key.wrap": mark("Key used: wrapped"),
        "key.unwrap": mark("Key used: unwrapped"),
        "key.rewrap": mark("Key used: wrapped anew"),
        "key.sign": mark("Key used: signed"),
        "key.verify": mark("Key used: verified"),
        "key.minimum": mark("Oldest version that opens: set"),
        "object.put": mark("Object written"),
        "object.get": mark("Object read"),
        "object.copy": mark("Object copied"),
        "object.delete": mark("Object deleted"),
        "object.lease": mark("Reads leased in advance"),
        "bucket.create": mark("Bucket created"),
        "bucket.delete": mark("Bucket deleted"),
        "bucket.change": mark("Bucket changed"),
        "bucket.list": mark("Bucket listed"),
        "denial": mark("Denied"),
        "blob.collect": mark("Left over data removed"),
        "rewrap": mark("Wrapped anew"),
        "key.create": mark("Key created"),
        "key.rotate": mark("Key rotated"),
        "key.disable": mark("Key disabled"),
        "key.enable": mark("Key enabled"),
        "key.schedule-destruction": mark("Destruction of a key scheduled"),
        "key.cancel-destruction": mark("Destruction of a key cancelled"),
        "key.destroy": mark("Key destroyed"),
        "lockbox.ask": mark("Access requested"),
        "lockbox.approve": mark("Access approved"),
        "lockbox.deny": mark("Access denied"),
        "lockbox.withdraw": mark("Request withdrawn"),
        "lockbox.revoke": mark("Grant revoked"),
        "lockbox.review": mark("Review recorded"),
        "grant.use": mark("Read under a grant"),
        "grant.return": mark("Access returned early"),
        "grant.lapse": mark("Grant lapsed"),
        "break-glass.use": mark("Emergency access used"),
        "kill": mark("Killed"),
        "lift": mark("Kill lifted"),
        "enrol.organisation": mark("Organisation enrolled"),
        "enrol.person": mark("Person enrolled"),
        "enrol.credential": mark("Credential enrolled"),
        "revoke.credential": mark("Credential revoked"),
        "change.policy": mark("Policy changed"),
        "change.boundary": mark("Boundary changed"),
        "change.role": mark("Role changed"),
        "change.location": mark("Place changed"),
        "change.issuer": mark("Sign-in by an organisation's directory changed"),
        "change.issuer-keys": mark("Keys of an organisation's directory changed"),
        "change.cover": mark("Deputies and duty rota changed"),
        "leave.person": mark("Person left: sessions, tokens, roles and open approvals ended"),
        "customer.create": mark("Customer created"),
        "erasure": mark("Field erased"),
        "export.begin": mark("Export begun: what opens the objects is handed to the customer"),
        "export.take": mark("Keys of objects handed to the customer"),
        "export.end": mark("Export ended"),
        "change.limits": mark("Limits of a customer changed"),
        "change.webhook": mark("Webhook set up or ended"),
        "event.lost": mark("Events a webhook did not take, given up"),
        "change.retention": mark("How long entries are kept changed"),
        "hold.place": mark("Entries held beyond their term"),
        "hold.end": mark("Hold on entries ended"),
        "retention.destroy": mark("Entries destroyed: their term was over"),
        "clock.jump": mark("Clock jumped ahead"),
        "clock.confirm": mark("Jump of the clock confirmed"),
        "veil": mark("Veil of the day"),
        "sign-in": mark("Signed in"),
        "enrol.application": mark("Application enrolled"),
        "enrol.keyroom": mark("Keyroom enrolled"),
        "enrol.vetting": mark("Identity document of a person seen"),
        "revoke.session": mark("Signed out"),
        "object.mark": mark("Deletion marker set"),
        "adoption.begin": mark("Taking over a bucket that lies in plain, begun"),
        "adoption.move": mark("Taking over a bucket: next step"),
        "adoption.clear": mark("Plain objects of a bucket removed"),
        "adoption.return": mark("An object put back as it was"),
        "bucket.scrub": mark("Scrub of a bucket begun"),
        "replica.copy": mark("Copies made up in another place"),
        "replica.damage": mark("Damaged or missing copies found"),
        "replica.release": mark("Copies in a place let go"),
        "replica.scrub": mark("Copies read again"),
        "house.turn": mark("The log goes on under the origin of a new year"),
        "object.state": mark("Tags, retention or hold of an object changed"),
        "shred.turn": mark("Shred key turned"),
        "shred.drop": mark("Old shred key destroyed"),
        "rekey": mark("Pages of keys wrapped anew"),
        "connection.check": mark("Connection of a cloud checked"),
        "connection.set": mark("Connection of a cloud set up"),
        "connection.on": mark("Connection of a cloud switched on"),
        "connection.off": mark("Connection of a cloud switched off"),
        "connection.end": mark("Connection of a cloud ended"),
        "log.open": mark("Log opened anew"),
        "upload.open": mark("Upload begun"),
        "upload.part": mark("Part uploaded"),
        "upload.abort": mark("Upload aborted"),
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
BASES: Mapping[str, str] = MappingProxyType(
    {
        "application": mark("own application"),
        "role": mark("by role, where the rules allow it"),
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
EXPLAINED: Mapping[str, str] = MappingProxyType(
    {
        "lockbox": mark(
            "Two people of two organisations decide, one of them that of the customer. They sign exactly "
            "what stands here, and every step is logged."
        ),
        "break-glass": mark(
            "Two people sign, you may be one of them. The customer is told at once, everything is logged, "
            "and it is reviewed afterwards."
        ),
        "rotate": mark("From now on a new version wraps. What was wrapped before stays readable."),
        "disable": mark("From that moment on nobody can use the key, until it is enabled again."),
        "enable": mark("The key can be used again."),
        "schedule-destruction": mark("Nobody can use the key from now on. After a while it is destroyed."),
        "cancel-destruction": mark("The key is not destroyed. It stays disabled until it is enabled."),
        "destroy": mark("What was wrapped with this key can never be read again, by nobody."),
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
OUTSIDE: Mapping[str, str] = MappingProxyType(
    {
        "no-boundary": mark("No boundary has been set."),
        "no-location": mark("No place is named."),
        "too-many": mark("Too many places."),
        "class-not-allowed": mark("This class of data may not lie there."),
        "class-unknown": mark("The class of data is unknown."),
        "demo-location": mark("This place is for demos only."),
        "below-legal-floor": mark("The law does not allow this class of data there."),
        "area-unknown": mark("The boundary names an area that is not known."),
        "country-unknown": mark("It is not known in which country it stands."),
        "country-not-allowed": mark("It stands in a country outside the boundary."),
        "operator-unknown": mark("It is not known who runs it."),
        "jurisdiction-unknown": mark("It is not known whose law reaches its operator."),
        "jurisdiction-not-allowed": mark("The law of a country outside the boundary reaches its operator."),
        "jurisdiction-denied": mark("The law of a country that is ruled out reaches its operator."),
    }
)
SCOPES: Mapping[str, str] = MappingProxyType(
    {
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
FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "ok": mark("In order"),
        "warning": mark("Warning"),
        "wrong": mark("Wrong"),
        "unknown": mark("Not assessed"),
    }
)
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "finding": FINDINGS,
        "noun": NOUNS,
        "planned": PLANNED,
        "who": WHO,
        "weaker": WEAKER,
        "member": MEMBERS,
        "fault": FAULTS,
        "versioning": VERSIONING,
        "meaning": {},  # these two have their words, in both languages, beside their codes
        "mend": {},
        "state": STATES,
        "verb": VERBS,
        "done": DONE,
        "act": ACTS,
        "reason": REASONS,
        "role": ROLES,
        "label": MappingProxyType({**LABELS, **LABELS_OF_CLOUDS}),
        **OF_CLOUDS,
        "hint": HINTS,
        "desk": DESKS,
        "basis": BASES,
        "holder": HOLDERS,
        "limit": LIMITS,
        "class": {},  # the law's own table has the words, in both languages
        "choice": CHOICES,
        "explained": EXPLAINED,
        "lifted": LIFTED,
        "outside": OUTSIDE,
        "scope": SCOPES,
        "changer": CHANGERS,
        "why": WHYS,
        "phase": PHASES,
        "credential": CREDENTIALS,
        "party": PARTIES,
        "weekday": WEEKDAYS,
        "trouble": TROUBLES,
        "tried": TRIED,
        "mark": MARKS,
        "stretch": STRETCHES,
        "notice": NOTICES,
        "channel": CHANNELS,
        "message": MESSAGES,
        "changing": CHANGING,
        "log": LOGS,
        "withheld": WITHHELD,
        "refusal": REFUSALS,
        "kind": KINDS,
    }
)


def word(table: str, code: str, say: Callable[[str], str], language: str) -> str:
    """The words for a code in a language; `say` translates English.

    Codes of desks have theirs in `desks.words`, fields of their forms (`Ask.hours`) in `desks.forms`, beside
    the tables they come from. The code itself where there is none.
    """
    text = TABLES[table].get(code)
    if text is not None:
        return say(text)
    if table == "refusal" and code in RULE_WORDS:
        return RULE_WORDS[code].german if language == "de" else RULE_WORDS[code].english
    if table in _OF_FINDINGS:
        return _OF_FINDINGS[table].get(code, {}).get(language, code)
    if table == "class":
        pair = _OF_CLASSES.get(code)
        return code if pair is None else pair[0 if language == "de" else 1]
    if table in {"label", "hint"}:
        pair = _OF_FORMS.get((table, code))
        return code if pair is None else pair[0 if language == "de" else 1]
    known = desk_words.DESKS.get(code) if table == "desk" else desk_words.WORDS.get(code)
    if known is None or table not in _OF_DESKS:
        return code
    said = known.de if language == "de" else known.en
    return said if table == "role" else said[:1].upper() + said[1:]


def _of_forms() -> dict[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for desk in catalogue.CURRENT.values():
        for move in desk.moves:
            for field in forms.fields(move.form):
                code = f"{move.form.__name__}.{field.name}"
                found["label", code] = (field.label_de, field.label_en)
                found["hint", code] = (field.hint_de, field.hint_en)
    return found


_OF_CLASSES = MappingProxyType({row.code: (row.german, row.english) for row in shipped().tables.data_classes})
_OF_FORMS = MappingProxyType(_of_forms())
_OF_FINDINGS: Mapping[str, Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "finding": {code: {"en": en, "de": de} for code, (en, de) in NAMES.items()},
        "meaning": {code: {"en": one.en, "de": one.de} for code, one in MEANINGS.items()},
        "mend": {code: {"en": one.mend, "de": one.mend} for code, one in MEANINGS.items()},
    }
)
