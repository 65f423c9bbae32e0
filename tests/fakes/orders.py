"""Orders of preservation, for tests of the desk alone."""

from datetime import timedelta

from custodes.desks.forms import Preserve
from custodes.desks.grant import Who
from custodes.kernel.clock import to_text

from .lockbox_world import START, an_id

ABOUT = (an_id("hse", "house"), an_id("cas", "case"), an_id("cus", "town"))
SOMEBODY = Who(
    credential=an_id("crd", "ada"), organisation=an_id("org", "trustee"), person=an_id("per", "ada")
)
NONCE = b"1" * 16


def demand(**changes):
    values = {
        "authority": "Staatsanwaltschaft Musterstadt",
        "instrument": "Sicherungsanordnung",
        "reference": "12 Js 34/26",
        "source": "letter, called back",
        "bucket": an_id("bkt", "records"),
        "secrecy": "silent",
        "duty": "as the order says",
        "duty_ends_at": to_text(START + timedelta(days=60)),
        "ends_at": to_text(START + timedelta(days=30)),
        "holder": "file:/vault",
        "reason": "as ordered",
        **changes,
    }
    return Preserve(**values)
