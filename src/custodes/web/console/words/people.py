"""Codes of issuers, tokens, cover and notices, and the words for them; `words` joins all tables."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

TROUBLES: Mapping[str, str] = MappingProxyType(  # why an issuer's keys cannot be believed now
    {
        "not-read": mark("its keys have not been read yet"),
        "unreachable": mark("it cannot be reached"),
        "host-not-allowed": mark("the settings do not allow this host (outside_hosts)"),
        "bad-answer": mark("it answers, but not as an issuer does"),
        "bad-discovery": mark("its discovery document does not fit its address"),
        "bad-key-set": mark("its keys cannot be used"),
    }
)
TRIED: Mapping[str, str] = MappingProxyType(  # why a token does not hold, and what it ends in
    {
        "issuer-unread": mark("The issuer's keys could not be read lately; nobody gets in by it now."),
        "token-too-long": mark("It is too long for a token."),
        "token-not-understood": mark("This is no ID token: three parts with dots between them are expected."),
        "header-refused": mark("Its header says more than it may; a token must not bring its own key."),
        "algorithm-refused": mark("Its signature algorithm is not allowed: RS256, PS256, ES256 or EdDSA."),
        "unknown-key": mark("It is signed with a key the issuer does not publish."),
        "bad-signature": mark("Its signature is wrong."),
        "wrong-issuer": mark("It is of another issuer: compare the address, to the last slash."),
        "wrong-audience": mark("It is for another client: compare the client id."),
        "wrong-nonce": mark("It has no nonce, so it came from no sign-in in a browser."),
        "token-expired": mark("It has expired: take a fresh one, or look at the clocks."),
        "token-too-early": mark("It is not valid yet: look at the clocks."),
        "token-too-old": mark("It was issued for an earlier sign-in."),
        "no-subject": mark("The claim that names the person is missing or no text."),
        "session": mark("It would open a session with these roles."),
        "newcomer": mark("A new person would be made of it, unvetted, with these roles."),
        "no-role-mapped": mark("The issuer knows the person, but none of the groups has a role here."),
    }
)
MARKS: Mapping[str, str] = MappingProxyType(
    {"is-away": mark("away"), "stands-in": mark("stands in"), "on-call": mark("on call")}
)
STRETCHES: Mapping[str, str] = MappingProxyType(
    {
        "absence": mark("Away"),
        "duty": mark("On call"),
        "lead": mark("Leads"),
        "delegation": mark("Role given"),
        "nobody-on-call": mark("Nobody is on call"),
        "no-deputy": mark("Away, and nobody stands in"),
    }
)
NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "tell": mark("Message"),
        "remind": mark("Reminder"),
        "escalate": mark("Urgent"),
        "alarm": mark("Alarm"),
    }
)
CHANNELS: Mapping[str, str] = MappingProxyType(
    {"mail": mark("Signed e-mail"), "webhook": mark("Webhook"), "matrix": mark("Matrix chat")}
)
MESSAGES: Mapping[str, str] = MappingProxyType(  # what a notice is about
    {
        "access-asked": mark("Access asked for"),
        "access-approved-by-one": mark("Access approved by one side"),
        "approval-struck": mark("An approval was struck"),
        "access-granted": mark("Access granted"),
        "access-denied": mark("Access denied"),
        "access-withdrawn": mark("Request withdrawn"),
        "request-unanswered": mark("Request lapsed without an answer"),
        "grant-ended": mark("Grant ended, review is due"),
        "reviewed": mark("Access reviewed"),
        "glass-called": mark("Break-glass was called"),
        "review-missed": mark("Review was never done"),
        "review-overdue": mark("Review overdue"),
        "approve": mark("An approval is waited for"),
        "review": mark("A review is waited for"),
    }
)
COVER_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "cover-changed": mark("Somebody changed the cover meanwhile. Look at it again, then repeat."),
        "bad-cover": mark("This cover cannot stand."),
        "not-a-member": mark("Everybody named has to act for this organisation."),
        "own-deputy": mark("Nobody is his own deputy."),
        "bad-period": mark("The end lies before the beginning."),
        "too-many-rows": mark("There are too many rows; take out what is over."),
        "bad-day": mark("Please give both days."),
    }
)
