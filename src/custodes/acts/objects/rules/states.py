"""A version's state at rest: canonical JSON under a MAC of the keyroom, bound to the version it belongs to.

A database administrator who edits a retention, or copies a state to another version, is refused
(`state-forged`, broken). One who puts an older state of the same version back is found by the log alone: each
change is an entry. A bucket that can lock gives every version a state, so that none can be left out.
"""

import hmac

import msgspec

from custodes.acts.opened import Opened
from custodes.acts.writing.object_rows import VersionRow
from custodes.kernel import canonical
from custodes.kernel.clock import from_text
from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.bucket import Bucket
from custodes.objects.rules.state import NOTHING, State

LABEL = "custodes/object-state/v1"


def sealed_state(o: Opened, bucket: Bucket, version: str, state: State) -> bytes:
    """A state as it is stored; nothing for one that says nothing, unless the bucket can lock."""
    if state == NOTHING and not bucket.can_lock:
        return b""
    body = msgspec.to_builtins(state)
    return canonical.encode({"mac": canonical.b64(_mac(o, version, body)), "state": body})


def opened_state(o: Opened, bucket: Bucket, row: VersionRow) -> State:
    """What a version was told; `state-forged` (broken)."""
    if row.is_marker:
        return NOTHING
    if not row.state:
        if bucket.can_lock and row.at >= from_text(bucket.locks_since):
            raise _forged()
        return NOTHING
    try:
        whole = canonical.decode(row.state)
        if not isinstance(whole, dict):
            raise _forged()
        body = whole["state"]
        mac = canonical.unb64(str(whole["mac"]))
        state = msgspec.convert(body, State)
    except (Refusal, ValueError, KeyError, msgspec.MsgspecError) as error:
        raise _forged() from error
    if not hmac.compare_digest(mac, _mac(o, row.version, body)):
        raise _forged()
    return state


def _mac(o: Opened, version: str, body: object) -> bytes:
    content = canonical.encode([LABEL, o.house, version, body])
    return hmac_sha256(o.keyring.house_keys.mac, content)


def _forged() -> Refusal:
    return Refusal("state-forged", Kind.BROKEN)
