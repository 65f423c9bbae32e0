"""What is said of a file that could not be brought or fetched; `words.refusals` joins the tables."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

FILE_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "precondition-failed": mark("Something of this name lies here already. Nothing was changed."),
        "conditional-conflict": mark("Somebody else has just written the same name. Nothing was changed."),
        "body-too-large": mark("This is more than may be sent at once."),
        "body-truncated": mark("The file did not arrive whole. Nothing was stored."),
        "body-incomplete": mark("The file did not arrive whole. Nothing was stored."),
        "slow-body": mark("The file came too slowly. Nothing was stored."),
        "slow-down": mark("This customer asks faster than was agreed. Please try again in a moment."),
        "too-many-files": mark("Too many files are on their way just now. Please try again in a moment."),
        "too-many-open": mark("Too many files are on their way just now. Please try again in a moment."),
        "quota-exceeded": mark("There is no space left for this: a limit is reached."),
        "store-full": mark("The store has no space left."),
        "store-gone": mark("The store does not answer. Nothing was changed."),
        "copies-too-few": mark("Too few stores took the file. Nothing was stored."),
        "files-gone": mark("The process that reaches the stores does not answer."),
        "key-too-long": mark("This name is too long."),
        "bad-url": mark("This address is not possible: https, a name of a host, no user in it."),
        "bad-name": mark("Please give a name of at most 100 characters."),
        "adoption-open": mark("Another adoption of this bucket is still open."),
        "not-read-back": mark("Every copy must first have been read again since, and have been whole."),
        "bad-sheet": mark("This is no sheet of an export, or it is not sealed to this restoration."),
        "sheet-of-another-bucket": mark("This sheet is of another bucket than those before."),
        "not-a-removal": mark("This address does not hold what is to be signed, or it was changed."),
        "strays-changed": mark("The list is no longer the one that was signed. Please begin again."),
        "nothing-to-remove": mark("There is nothing to remove."),
        "bad-days": mark("Only what was found at least two weeks ago can be removed."),
        "location-is-a-source": mark(
            "Something is being taken over or restored from there. Until that is closed nothing is removed."
        ),
        "not-now": mark("This cannot be done in the state it is in."),
        "prefix-invalid": mark("The beginning of the names is not possible here."),
        "location-invalid": mark("This place is not possible here."),
        "copies-min-invalid": mark("So many copies are not possible with these places."),
        "upload-absent": mark("This upload was ended meanwhile. Please begin again."),
        "ticket-unknown": mark("This was ended meanwhile. Please begin again."),
        "stream-mismatch": mark("What lies in the store is not what was written. Nothing was handed out."),
        "outside-boundary": mark(
            "A place of this bucket lies outside the boundary. Nothing was written there."
        ),
    }
)

LACKS: Mapping[str, str] = MappingProxyType(
    {
        "behind": mark("still to be copied there"),
        "absent": mark("not there"),
        "differs": mark("not what was written"),
        "lost": mark("no good copy is left to repair it from"),
    }
)
FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "requests": mark("Requests for objects"),
        "bytes_in": mark("Bytes written"),
        "bytes_out": mark("Bytes read"),
        "objects": mark("Versions that lie there"),
        "bytes_stored": mark("Bytes that lie there"),
        "denials": mark("Denials"),
    }
)
ADOPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "counting": mark("being counted"),
        "counted": mark("counted, nothing was changed"),
        "running": mark("being taken in"),
        "done": mark("taken in"),
        "clearing": mark("being removed where it lay"),
        "cleared": mark("removed where it lay"),
        "returning": mark("being brought back"),
        "returned": mark("brought back"),
        "ended": mark("closed"),
    }
)
ADOPTING: Mapping[str, str] = MappingProxyType(
    {
        "recount": mark("Count again"),
        "handed": mark("No further sheets follow"),
        "run": mark("Take in what was found"),
        "clear": mark("Remove in the source what was taken in"),
        "back": mark("Bring back in plain what was removed"),
        "end": mark("Close it"),
    }
)
ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "found": mark("waits"),
        "sealed": mark("taken in; its plain text still lies in the source"),
        "passed": mark("an application wrote or deleted the name first; not taken in, not removed"),
        "changed": mark("changed in the source since it was counted"),
        "failed": mark("refused"),
        "gone": mark("taken in, and removed from the source"),
        "back": mark("in plain in the source again"),
    }
)
