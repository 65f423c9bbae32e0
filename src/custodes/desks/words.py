"""The words of the desks in both languages: states, verbs, roles, reasons and messages.

A desk whose table uses a word that is not here does not load.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec


class Words(msgspec.Struct, frozen=True):
    """One wording, German and English."""

    de: str
    en: str


DESKS = {
    "lockbox": Words("Lockbox: Zugriff auf Zeit", "Lockbox: access for a while"),
    "break-glass": Words("Notfallzugriff", "Break-glass"),
    "preservation": Words("Sicherung auf Anordnung", "Preservation under an order"),
}
STATES = {
    "new": Words("neu", "new"),
    "asked": Words("beantragt", "asked"),
    "called": Words("ausgerufen", "called"),
    "granted": Words("freigegeben", "granted"),
    "returned": Words("zurückgegeben", "returned"),
    "revoked": Words("widerrufen", "revoked"),
    "lapsed": Words("abgelaufen", "lapsed"),
    "spent": Words("aufgebraucht", "spent"),
    "closed": Words("abgeschlossen", "closed"),
    "unreviewed": Words("nicht nachgeprüft", "not reviewed"),
    "denied": Words("abgelehnt", "denied"),
    "withdrawn": Words("zurückgezogen", "withdrawn"),
    "unanswered": Words("unbeantwortet verfallen", "lapsed without an answer"),
    "ordered": Words("angeordnet, noch nicht gesichert", "ordered, nothing preserved yet"),
    "securing": Words("wird gesichert", "being preserved"),
    "preserving": Words("gesichert", "preserved"),
    "proposed": Words("gesichert, Änderung beantragt", "preserved, a change is asked for"),
    "verifying": Words("gesichert, wird geprüft", "preserved, being verified"),
    "ended": Words("beendet, wird vernichtet", "ended, being destroyed"),
    "resting": Words("beendet, Kunde noch nicht unterrichtet", "over, the customer is not told yet"),
}
VERBS = {
    "ask": Words("beantragen", "ask"),
    "call": Words("Notfall ausrufen", "break the glass"),
    "second": Words("Notfall bestätigen", "second the emergency"),
    "approve": Words("genehmigen", "approve"),
    "deny": Words("ablehnen", "deny"),
    "withdraw": Words("zurückziehen", "withdraw"),
    "return": Words("vorzeitig zurückgeben", "return early"),
    "revoke": Words("widerrufen", "revoke"),
    "review": Words("nachprüfen", "review"),
    "remind": Words("erinnern", "remind"),
    "escalate": Words("eskalieren", "escalate"),
    "lapse": Words("ablaufen", "lapse"),
    "spend": Words("aufbrauchen", "spend"),
    "give-up": Words("Nachprüfung aufgeben", "give the review up"),
    "untold": Words("Benachrichtigung nicht zuzustellen", "notice not delivered"),
    "strike": Words("Genehmigung streichen", "strike an approval"),
    "preserve": Words("Sicherung beantragen", "ask for a preservation"),
    "propose": Words("Änderung beantragen", "propose a change"),
    "begin": Words("Umfang festhalten", "fix the scope"),
    "secure": Words("sichern", "preserve"),
    "finish": Words("Prüfung abschließen", "finish the verification"),
    "destroy": Words("Gesichertes vernichten", "destroy what was preserved"),
    "end": Words("enden", "end"),
    "warn": Words("an das Ende der Schweigepflicht erinnern", "warn that the silence ends"),
    "reveal": Words("Kunden unterrichten", "tell the customer"),
}
ROLES = {
    "asker": Words("Antragsteller", "asker"),
    "approver": Words("Genehmiger", "approver"),
    "reviewer": Words("Nachprüfer", "reviewer"),
    "clock": Words("Uhr", "clock"),
    "house": Words("Custodes selbst", "Custodes itself"),
}
REASONS = {
    "unknown-verb": Words("Diesen Schritt gibt es hier nicht.", "There is no such step here."),
    "wrong-state": Words(
        "Im jetzigen Stand des Vorgangs ist dieser Schritt nicht möglich.",
        "The case is not in a state in which this step is possible.",
    ),
    "wrong-role": Words("Dieser Schritt ist jemand anderem vorbehalten.", "This step is for somebody else."),
    "not-allowed": Words(
        "Die Regeln erlauben Ihnen diesen Schritt nicht.", "The rules do not allow you this step."
    ),
    "not-due": Words("Die Frist ist noch nicht erreicht.", "The time for this has not come."),
    "clock-behind": Words(
        "Die Uhr geht hinter dem letzten Schritt des Vorgangs; bis das geklärt ist, geht es nicht weiter.",
        "The clock is behind the last step of this case; nothing moves until that is settled.",
    ),
    "form-missing": Words(
        "Die Angaben zu diesem Schritt fehlen.", "The particulars of this step are missing."
    ),
    "other-document": Words(
        "Die Unterschrift gilt einem anderen Antrag oder einer anderen Fassung.",
        "The signature is for another request or another version of it.",
    ),
    "approval-out-of-time": Words(
        "Die Genehmigung wurde außerhalb der Frist des Antrags unterschrieben.",
        "The approval was signed outside the time of the request.",
    ),
    "approval-stale": Words(
        "Die Unterschrift ist älter als fünf Minuten; bitte noch einmal unterschreiben.",
        "The signature is older than five minutes; please sign again.",
    ),
    "own-request": Words(
        "Niemand genehmigt oder prüft den eigenen Antrag, auch nicht mit einem anderen Konto.",
        "Nobody approves or reviews his own request, with no account of his.",
    ),
    "own-benefit": Words(
        "Wer den Zugriff erhält, genehmigt und prüft ihn nicht.",
        "Whoever gets the access neither approves nor reviews it.",
    ),
    "own-approval": Words("Wer genehmigt hat, prüft nicht nach.", "Whoever approved does not review."),
    "bad-signature": Words(
        "Die Unterschrift stimmt nicht oder stammt nicht von einem eingetragenen Schlüssel dieser Person.",
        "The signature is wrong or not from an enrolled key of this person.",
    ),
    "quorum-not-met": Words(
        "Es fehlen Genehmigungen aus einer zweiten Organisation.",
        "Approvals of a second organisation are missing.",
    ),
    "approved-before": Words("Sie haben schon genehmigt.", "You have approved already."),
    "no-approval": Words(
        "Von dieser Person liegt keine Genehmigung vor.", "There is no approval by this person."
    ),
    "not-a-party": Words(
        "Das ist Sache des Kunden und des Treuhänders.", "This is for the customer and the trustee."
    ),
    "not-your-request": Words("Das ist nicht Ihr Antrag.", "This is not your request."),
    "request-lapsed": Words("Der Antrag ist verfallen.", "The request has lapsed."),
    "bad-request": Words(
        "Die Angaben ergeben keinen gültigen Antrag.", "The particulars do not make a valid request."
    ),
    "action-not-grantable": Words("Dafür gibt es keine Freigabe.", "No grant is given for this."),
    "purpose-not-exceptional": Words(
        "Dieser Zweck ist keiner, für den eine Freigabe beantragt wird.",
        "This purpose is not one for which a grant is asked.",
    ),
    "beneficiary-unknown": Words(
        "Der Zugang, der lesen soll, ist nicht eingetragen.",
        "The credential that is to read is not enrolled.",
    ),
    "grant-not-valid": Words("Die Freigabe gilt nicht.", "The grant does not hold."),
    "grant-not-begun": Words("Die Freigabe hat noch nicht begonnen.", "The grant has not begun."),
    "grant-lapsed": Words("Die Freigabe ist abgelaufen.", "The grant has lapsed."),
    "other-credential": Words(
        "Die Freigabe gilt für einen anderen Zugang.", "The grant is for another credential."
    ),
    "other-action": Words("Die Freigabe gilt nicht für diese Handlung.", "The grant is not for this action."),
    "other-resource": Words(
        "Die Freigabe nennt dieses Objekt in dieser Version nicht.",
        "The grant does not name this object in this version.",
    ),
    "no-uses-left": Words("Die Freigabe ist aufgebraucht.", "The grant has no uses left."),
    "no-bytes-left": Words(
        "Die Freigabe lässt so viele Byte nicht mehr zu.", "The grant has not so many bytes left."
    ),
    "break-glass-off": Words(
        "Der Kunde hat den Notfallzugriff nicht eingeschaltet.",
        "The customer has not opted in to break-glass.",
    ),
    "calls-used-up": Words(
        "Für diesen Monat sind die Notfallzugriffe aufgebraucht.",
        "This month's emergency calls are used up.",
    ),
    "review-overdue": Words(
        "Eine Nachprüfung ist überfällig; bis sie erledigt ist, gibt es keinen Notfallzugriff.",
        "A review is overdue; until it is done there is no break-glass.",
    ),
    "no-counter-signatory": Words(
        "Für diesen Kunden ist keine gegenzeichnende Stelle eingetragen: keine stille Sicherung.",
        "No counter-signatory is enrolled for this customer; without one there is no silent preservation.",
    ),
    "no-preservation-holder": Words(
        "Diesen Schlüsselhalter gibt es hier nicht; er muss eingerichtet sein.",
        "There is no such holder here; it has to be set up.",
    ),
    "holder-of-others": Words(
        "Dieser Halter gehört dem Haus oder einem Kunden; eine Sicherung braucht einen eigenen.",
        "This holder keeps the house's root or a customer's; a preservation needs one of its own.",
    ),
    "no-such-bucket": Words("Diesen Bucket hat der Kunde nicht.", "The customer has no such bucket."),
    "end-not-ahead": Words(
        "Das Ende muss in der Zukunft liegen, höchstens zehn Jahre voraus.",
        "The end must be ahead, by ten years at most.",
    ),
    "silence-unfounded": Words(
        "Still geht nur mit der Quelle der Pflicht zu schweigen; ohne Stille wird keine angegeben.",
        "Silence takes the source of the duty; without silence none is given.",
    ),
    "silence-without-end": Words(
        "Eine Pflicht zu schweigen braucht ein Ende oder einen Tag der Überprüfung, eines von beiden.",
        "A duty of silence takes an end or a day of review, one of the two.",
    ),
    "review-too-late": Words(
        "Überprüft wird spätestens nach sechs Monaten.", "A review is due within six months."
    ),
    "uses-left": Words("Die Freigabe ist noch nicht aufgebraucht.", "The grant has uses left."),
    "still-in-use": Words("Eine gezählte Nutzung läuft noch.", "A counted use is still running."),
}
WORDS: Mapping[str, Words] = MappingProxyType({**STATES, **VERBS, **ROLES, **REASONS})
