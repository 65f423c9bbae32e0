"""What a refused request is told, by its code or at least by its kind; `words` joins all tables."""

from collections.abc import Mapping
from types import MappingProxyType

from .clouds import REFUSED_CLOUDS
from .files import FILE_REFUSALS
from .marking import mark
from .people import COVER_REFUSALS
from .telling import REFUSED_TELLING

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        **COVER_REFUSALS,
        **REFUSED_CLOUDS,
        **REFUSED_TELLING,
        "not-authenticated": mark("Account, password or passkey do not match."),
        "no-credential": mark("Please sign in."),
        "issuer-said-no": mark("The sign-in was cancelled at your organisation."),
        "issuer-unread": mark(
            "Your organisation's sign-in does not answer. Please try again, or use a passkey."
        ),
        "issuer-refused": mark(
            "Your organisation's sign-in is not set up correctly. Please tell its administrators."
        ),
        "no-role-mapped": mark("Your organisation knows you, but has given you no role here."),
        "sign-in-broken-off": mark("The sign-in did not succeed. Please begin again."),
        "too-many-tries": mark("Too many attempts. Please wait a minute and try again."),
        "house-sealed": mark("The installation is sealed. Its key officers have to unseal it first."),
        "enrolment-refused": mark(
            "This enrolment does not hold: it was changed, is too old, or names another."
        ),
        "signature-refused": mark("The signature does not hold."),
        "signatures-too-few": mark("Signatures of two people of two organisations are needed."),
        "changed-meanwhile": mark("Somebody was faster. You see the new state."),
        "registration-refused": mark("The answer of the browser does not hold. Please try again."),
        "officer-of-another": mark("Only an officer of the same organisation can do this."),
        "bad-form": mark("Something in the form is missing or not possible."),
        "bad-delegation": mark("Not so: at most 90 days, to somebody else who is vetted and has a key."),
        "not-yours-to-give": mark("You can give away only a role of approver of your own."),
        "passkey-unknown": mark("This passkey is not enrolled here."),
        "destroyed-under-retention": mark(
            "This entry was destroyed when its term was over. That it was there, and its proofs, stay."
        ),
        "not-yet-witnessed": mark("No epoch holds this entry yet. It takes a few seconds."),
        "keyroom-gone": mark("The process that holds the keys does not answer."),
        "keyroom-busy": mark("The process that holds the keys has too much to do."),
        "stale-form": mark("The form was too old or not ours. Nothing was changed. Please send it again."),
        "cross-site": mark("The form came from another site. Nothing was changed."),
        "field-missing": mark("Please fill in this field."),
        "bad-choices": mark("At least one rule must stand."),
        "bad-preset-field": mark("Something to be filled in of a rule is missing or not possible."),
        "rules-refused": mark("These rules do not fit together."),
        "bad-boundary": mark("This boundary is not possible."),
        "boundary-refused": mark("A code in the boundary is not known."),
        "signature-stale": mark("The page was open for too long. Please sign again."),
        "signed-before": mark("This was signed and carried out before."),
        "asker-did-not-sign": mark("Who carries it out must have signed, too."),
        "too-long": mark("This is too long."),
        "bad-reason": mark("Please give a reason."),
        "bad-value": mark("This value is not possible here."),
        **FILE_REFUSALS,
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
