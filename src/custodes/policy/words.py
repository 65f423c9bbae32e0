"""What a page or a command line says for each message id of `explain`, in German and English."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .presets import PRESETS


class Words(NamedTuple):
    """One sentence in both languages."""

    german: str
    english: str


_SAID = {
    "policy.house-outsider-needs-grant": Words(
        "Nur der Kunde selbst erreicht seine Daten ohne Freigabe. Stellen Sie einen Antrag in der Lockbox.",
        "Only the customer himself reaches his data without a grant. Ask in the lockbox.",
    ),
    "policy.house-exceptional-purpose-needs-grant": Words(
        "Zu diesem Zweck werden Daten nur unter einer Freigabe berührt.",
        "For this purpose data is touched under a grant only.",
    ),
    "policy.house-grant-use-needs-grant": Words(
        "Es liegt keine Freigabe vor, die genau dies erlaubt.", "There is no grant that allows exactly this."
    ),
    "policy.house-no-self-approval": Words(
        "Niemand genehmigt sich selbst. Eine andere Person muss entscheiden.",
        "Nobody approves himself. Another person must decide.",
    ),
    "policy.house-asker-must-be-known": Words(
        "Der Vorgang nennt nicht, wer gefragt hat. Bitte melden Sie das.",
        "The case does not say who asked. Please report this.",
    ),
    "policy.house-people-only": Words(
        "Das darf nur eine angemeldete Person, kein Fachverfahren.",
        "Only a person who has signed in may do this, not an application.",
    ),
    "policy.house-signed-only": Words(
        "Dafür brauchen Sie einen Passkey oder eine Schlüsseldatei.", "This takes a passkey or a key file."
    ),
    "policy.house-vetted-only": Words(
        "Zwei Personen müssen zuvor Ihre Identität bestätigt haben.",
        "Two people must have confirmed your identity before.",
    ),
    "policy.house-killed": Words(
        "Die Notabschaltung ist ausgelöst. Sie wird nur gemeinsam aufgehoben.",
        "A kill stands. It takes a quorum to lift it.",
    ),
    "policy.house-sealed": Words("Die Schlüssel sind versiegelt.", "The keys are sealed."),
    "policy.house-outside-boundary": Words(
        "Der Speicherort liegt außerhalb der Grenze oder ist nicht geprüft.",
        "The place lies outside the boundary or was not judged.",
    ),
    "policy.house-bucket-policy": Words(
        "Die Policy des Buckets verbietet das.", "The bucket's policy forbids this."
    ),
    "policy.house-demo-credential": Words(
        "Ein Zugang aus einer Vorführung gilt hier nicht.", "A credential of a demo counts for nothing here."
    ),
    "policy.role-missing": Words(
        "Ihnen fehlt eine Rolle, die das darf.", "You lack a role that may do this."
    ),
    "policy.not-permitted": Words(
        "Keine Regel des Kunden erlaubt das.", "No rule of the customer allows this."
    ),
    "policy.own-rule": Words(
        "Eine eigene Regel des Kunden verbietet das.", "A rule of the customer's own forbids this."
    ),
    "policy.unknown-purpose": Words("Diesen Zweck gibt es nicht.", "There is no such purpose."),
    "policy.wrong-resource": Words(
        "Diese Handlung passt nicht zu dieser Sache.", "This action does not fit this thing."
    ),
    "policy.unknown-action": Words("Diese Handlung gibt es nicht.", "There is no such action."),
    "policy.bad-question": Words("Die Anfrage ist nicht verständlich.", "The request makes no sense."),
    "policy.policy-error": Words(
        "Eine Regel ließ sich nicht auswerten, daher nein. Die Verwaltung ist benachrichtigt.",
        "A rule could not be evaluated. The answer is no therefore; the administration was told.",
    ),
    "policy.policy-missing": Words(
        "Die Regeln des Kunden fehlen. Die Antwort ist daher nein.",
        "The customer's rules are missing. The answer is no therefore.",
    ),
    "policy.policy-mismatch": Words(
        "Die geladenen Regeln gehören nicht hierher. Die Antwort ist daher nein.",
        "The rules that were loaded belong elsewhere. The answer is no therefore.",
    ),
}

WORDS: Mapping[str, Words] = MappingProxyType(
    {
        **_SAID,
        **{
            f"policy.form.{row.name}": Words(f"Regel: {row.german}.", f"Rule: {row.english}.")
            for row in PRESETS.values()
        },
    }
)
