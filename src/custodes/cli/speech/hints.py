"""What a person can do about a refusal: one plain sentence per code, and one per kind for all others."""

from collections.abc import Mapping
from types import MappingProxyType

from custodes.kernel.refusal import Kind

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "answer-too-late": "The act is in the log, its answer was dropped as too late; ask again.",
        "bad-file-key": "This is not a file key, or it was damaged; take the copy you keep elsewhere.",
        "bad-form": "The named field is missing or out of its limits; `--help` shows them.",
        "bad-pins": "The pins file cannot be read; get it again from somebody you trust.",
        "bad-settings": "Mend the settings file; docs/reference/settings.md lists every key.",
        "bucket-absent": "There is no such bucket for you; `custodes bucket list` shows yours.",
        "bucket-name-taken": "Somebody has this name; choose another.",
        "changed-meanwhile": "Somebody else changed the same thing; look at it again, then repeat.",
        "already-settled": "There are people already: they enrol everybody else (`custodes party`).",
        "bad-name": "A log is named without scheme, spaces and `+`: log.example/house.",
        "bad-policy": "That line (0: the whole) is not of a tlog-policy: docs/operations/witness.md, 4.",
        "policy-missing": "Give --policy: docs/operations/founding.md says how; a trial takes --demo.",
        "witness-policy-refused": "What each witness needs there: docs/operations/witness.md, 4.",
        "bad-place": "A place is two numbers with a dot between, as the page before gave it.",
        "collector-address": "Give -, syslog+tls://host[:port] or https://host/v1/logs; `--help` says more.",
        "collector-gone": "The collector did not take it; nothing is lost, the page goes again next time.",
        "customer-killed": "A kill stands for this customer; a quorum lifts it: `custodes kills`.",
        "file-refused": "Line, path and rule are named; docs/reference/onboarding.md has each rule.",
        "plan-changed": "What stands is another than the plan was made on; look at the plan again.",
        "name-taken": "Something of this name stands already; look again, or choose another name.",
        "no-such-template": "There is no such template; `custodes apply --help` lists them.",
        "bad-answer": "An answer is text of 1 to 200 characters in one line, to a question of the template.",
        "file-key-exists": "A file of this name is there and is never overwritten; choose another name.",
        "file-key-gone": "The file or its folder cannot be read or written.",
        "file-key-unsafe": "Make the file yours alone: `chmod 600`, own it, no symbolic link.",
        "folder-not-empty": "Choose an empty folder; what is there stays as it is.",
        "holder-gone": "The holder's file or device does not answer; look at its path and its mode.",
        "holder-unsafe": "The holder's file is open to others; make it readable by its owner alone.",
        "house-head-does-not-fit": "The database is not the one that was left; run `custodes audit`.",
        "house-head-forged": "The database was changed by somebody else; run `custodes audit`.",
        "house-killed": "A kill stands for the whole installation; a quorum lifts it: `custodes kills`.",
        "house-sealed": "Unseal it first, on its own machine: `custodes unseal --folder ...`.",
        "key-was-used": "The claim is not true: the entry named here names the key.",
        "keyroom-busy": "Too many questions at once; try again shortly.",
        "keyroom-gone": "Nothing answers at the socket; is `custodes serve` running on this folder?",
        "local-only": "This is done on the machine itself, by the user that runs it: give --folder.",
        "local-token-gone": "The token of this run cannot be read; be the user that runs `custodes serve`.",
        "no-such-customer": "There is no such customer for you; `custodes whoami` shows yours.",
        "no-such-key": "There is no such key for you; `custodes key list` shows yours.",
        "no-signing-key": "This file key is not enrolled for you; `custodes party credential` says how.",
        "no-such-case": "There is no such case for you; `custodes case list` shows yours.",
        "enrolment-refused": "The reason is named; make the document again and have it signed again.",
        "clock-apart": "This machine's clock and the witnesses' differ; set it right, then try again.",
        "clock-behind": "The clock is behind what was recorded; set it right, then try again.",
        "clock-jumped": "The clock jumped ahead: `custodes clock confirm`, by officers of two organisations.",
        "clocks-differ": "This machine's clock and the other one differ too much; set them right.",
        "location-is-a-source": "Something is adopted or restored from there; end that first.",
        "nothing-to-remove": "Nothing was found so long ago: `custodes store strays list LOCATION`.",
        "store-elsewhere": "Only a folder below the settings' `stores` folder is a store of this house.",
        "store-not-empty": "It holds something: only an empty folder is a new disk.",
        "store-not-this-one": "Mount the store again; a new disk: `custodes store renew FOLDER`.",
        "strays-changed": "What lies there is another list than was signed; plan it again.",
        "nothing-to-sign": "This case has no document to consent to.",
        "other-document": "The document is not the one that was shown, or not of this case: do not sign.",
        "asker-did-not-sign": "One of the signatures must be yours: give --key-file.",
        "sign-first": "Give your own signature: --key-file FILE.",
        "not-authenticated": "The token is not good, or not any more; ask for another one.",
        "not-founded": "There is no installation in this folder; `custodes init` founds one.",
        "not-in-the-cover": "There is nothing of this person to take out; `custodes cover show` lists it.",
        "channel-not-set-up": "Settings name no such channel; `custodes notices channels` lists them.",
        "issuer-unread": "Its keys could not be read lately; `custodes issuer list` says what is wrong.",
        "token-expired": "Tokens last minutes; take a fresh one, and look at the clocks.",
        "wrong-audience": "The token is for another client; compare client_id at the issuer with ours.",
        "wrong-nonce": "It came from no sign-in in a browser; such a token is never taken.",
        "destroyed-under-retention": "Its term was over; entry `by` of the exceptional sub-log says so.",
        "not-yet-witnessed": "The next checkpoint will cover it; try again in a few seconds.",
        "not-read-back": "Every copy is read again first; `custodes bucket copies` says how far that is.",
        "outside-boundary": "The place lies outside the boundary; `custodes boundary show` says why.",
        "passphrase-length": "Choose a passphrase of 12 to 1,024 bytes.",
        "signatures-too-few": "Signatures of two persons of two organisations are needed.",
        "signature-refused": "The signature is not by a live key of yours over exactly this; sign again.",
        "signature-stale": "It was signed too long ago, or the clocks differ; sign again.",
        "standing-forged": "A row of the database was changed by somebody else; run `custodes audit`.",
        "standing-rolled-back": "The database is older than it must be; run `custodes audit`.",
        "token-missing": "Give a token: --token-file FILE, or the environment variable CUSTODES_TOKEN.",
        "trustee-only": "Only the trustee sees this of everybody: give --customer, for what is yours.",
        "unknown-ask": "The other side does not know this question; are both of the same version?",
        "wrong-origin": "Another log is shown there; if yours was closed: `follow`, with gap.json.",
        "gap-refused": "Do not follow: what the gap names does not fit what you hold, or who may sign it.",
        "log-turn-announced": "The log's year is about to turn; move its keys when it has.",
        "holder-needs-secret": "The logkeeper comes up alone: a key file, a token with pin-source, OpenBao.",
        "mirror-behind": "Somebody knows more of the log than this mirror holds; use a younger one.",
        "restore-unfinished": "A restore was cut off; empty the database and restore again.",
        "witness-conflict": "A witness knows another log: every use has stopped; tell the auditors.",
        "not-witnessed-lately": "No witness has cosigned lately; uses wait until one does.",
        "answer-not-understood": "This is not the API of such an installation, or of another version.",
        "not-over-the-api": "This is asked on the machine itself: give --folder.",
        "url-not-https": "Use https; plain http is for this very machine only.",
        "url-unreachable": "Nothing answers at this address; look at the address and the network.",
        "wrong-passphrase": "This passphrase does not open the file.",
        "wrong-secret": "This does not open the holder; nothing was changed.",
        "shares-needed": "Custodians open it, each by himself: `custodes share give`.",
        "share-wrong": "These are not the words of your own sheet; look for a misread word.",
        "share-older": "Shares were made anew since; take your newest sheet.",
        "card-older": "Shares were made anew since; take your newest card.",
        "share-stranger": "This file key is no custodian's of these shares.",
        "share-given": "Your share was given in this attempt already.",
        "attempt-over": "This attempt is over; look at the state and give your share again.",
        "offer-forged": "This is not the keyroom of your card: give nothing, tell the others at once.",
        "pin-locked": "The token has locked the PIN; its security officer has to set a new one.",
        "pin-tries-low": "Tries are running out: mend the PIN's file, then give the PIN once by hand.",
        "holder-refuses": "OpenBao does not allow this token to use the key; look at its policy.",
        "holder-key-missing": "There is no such key, or more than one; look at the holder's URI.",
        "holder-secret-gone": "The file with the PIN or the token cannot be read or is empty.",
        "holder-secret-unsafe": "The file with the PIN or the token is open to others: `chmod 600`.",
        "journal-gone": "What custodians do cannot be noted; look at the disk of the keyroom.",
        "bad-shares": "At least two organisations, and of each as many custodians as are needed.",
    }
)

KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.MALFORMED: "What was asked cannot be understood; `--help` shows how to ask.",
        Kind.UNAUTHENTICATED: "It is not known who asks: give a token that is good.",
        Kind.DENIED: "This is not allowed to you; `custodes explain` says which rule said no.",
        Kind.ABSENT: "There is no such thing, or it is not yours to know of.",
        Kind.CONFLICT: "Somebody was first, or a condition does not hold; look again.",
        Kind.LOCKED: "Sealed, killed or held: somebody has to open it first.",
        Kind.LIMITED: "Too much or too fast; try again later.",
        Kind.UNAVAILABLE: "Something that is needed does not answer; try again.",
        Kind.BROKEN: "A fault of the software; its log has more under the mark shown here.",
    }
)


# What helps where a fact of a refusal says more than its code.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no-location": "There is no such place yet: an administrator enters it, `custodes location set`.",
    }
)


def hint_for(code: str, kind: Kind, facts: Mapping[str, object] = MappingProxyType({})) -> str:
    """One sentence: of a reason among its facts, else the code's own, else its kind's."""
    reasons = facts.get("reasons")
    for reason in reasons if isinstance(reasons, (list, tuple)) else ():
        if reason in REASONS:
            return REASONS[reason]
    return HINTS.get(code, KINDS[kind])
