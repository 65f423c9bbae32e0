"""One version of one object, and what PUT and DELETE do to the versions of a key.

A bucket is `off` until versioning is first enabled; after that it is `enabled` or `suspended`, never `off`
again (Amazon S3 User Guide, "How S3 Versioning works"). Versions written while a bucket is off or suspended
are *null versions*: a key has at most one, and writing another replaces it. What replaces or removes also
kills: a removed version's wrap goes with its row.
"""

import re
from datetime import datetime
from enum import StrEnum

import msgspec

from custodes.kernel.refusal import malformed

from .checksums import Checksum

NULL = "null"
_COULD_BE = re.compile(r"[A-Za-z0-9._-]{24,64}", re.ASCII)


class Versioning(StrEnum):
    """The state of a bucket."""

    OFF = "off"
    ENABLED = "enabled"
    SUSPENDED = "suspended"


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of a version: what the caller uploaded as one piece, and the blob it became."""

    number: int  # 1..10000, as the caller numbered it
    blob: str  # id of the blob in the object store
    size_bytes: int  # plaintext
    etag: str  # without quotes
    checksum: Checksum | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of an object, as the index knows it.

    `sequence` orders the versions of a bucket: the larger is the newer. User metadata and content headers
    are encrypted in the manifest and are not here. `etag` is without quotes; a delete marker has none.
    """

    id: str
    bucket: str
    key: str
    sequence: int
    last_modified: datetime
    size_bytes: int = 0
    etag: str = ""
    is_null: bool = False
    is_delete_marker: bool = False
    parts_count: int = 0  # 0: it was not uploaded in parts
    checksum: Checksum | None = None

    @property
    def shown_id(self) -> str:
        """What the protocol calls this version: `null` for a null version."""
        return NULL if self.is_null else self.id


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a PUT or DELETE does to the versions of one key.

    `removes` are the ids of versions whose row and wrap go. If `adds_version` or `adds_marker`, the new row
    is a null version when `is_null`. Nothing removed and nothing added means there was nothing to do.
    """

    removes: tuple[str, ...] = ()
    adds_version: bool = False
    adds_marker: bool = False
    is_null: bool = False
    removed_marker: bool = False


def put_effect(versioning: Versioning, null_version: Version | None) -> Effect:
    """What writing an object does; `null_version` is the key's null version, if it has one."""
    if versioning is Versioning.ENABLED:
        return Effect(adds_version=True)
    return Effect(removes=_ids(null_version), adds_version=True, is_null=True)


def delete_effect(versioning: Versioning, null_version: Version | None) -> Effect:
    """What DELETE without a version id does. Off: the object goes. Otherwise: a delete marker is added,
    also where the key never existed (S3 does so, and clients rely on the marker's id).
    """
    if versioning is Versioning.OFF:
        return Effect(removes=_ids(null_version))
    if versioning is Versioning.ENABLED:
        return Effect(adds_marker=True)
    return Effect(removes=_ids(null_version), adds_marker=True, is_null=True)


def delete_version_effect(named: Version | None) -> Effect:
    """What DELETE with a version id does: that row goes for good; an absent one is no fault."""
    if named is None:
        return Effect()
    return Effect(removes=(named.id,), removed_marker=named.is_delete_marker)


def next_versioning(asked: str) -> Versioning:
    """The state after PutBucketVersioning with this Status (`versioning-status-invalid`)."""
    wanted = {"Enabled": Versioning.ENABLED, "Suspended": Versioning.SUSPENDED}.get(asked)
    if wanted is None:
        raise malformed("versioning-status-invalid")
    return wanted


def check_version_text(text: str) -> str:
    """A version id as a caller may name it: `null`, or what could be one here or elsewhere: one kept from
    another store is absent, and a word that never was one is `version-id-invalid` (malformed).
    """
    if text != NULL and _COULD_BE.fullmatch(text) is None:
        raise malformed("version-id-invalid")
    return text


def _ids(version: Version | None) -> tuple[str, ...]:
    return () if version is None else (version.id,)
