"""Who plays in a demo: organisations, people with their keys, an application; kept in one private file."""

import os
from pathlib import Path

import msgspec

from custodes.adapters import file_key
from custodes.adapters.file_key import FileKey
from custodes.kernel import canonical
from custodes.kernel.refusal import malformed
from custodes.parties.signature import FileKeySignature

FILE_NAME = "cast.json"
MODE = 0o600


class Player(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person. `file_key` is the credential's id; `key_file` lies beside the cast's own file."""

    name: str
    mail: str
    organisation: str
    roles: tuple[str, ...]
    person: str
    file_key: str
    key_file: str
    token: str
    password: str

    def __repr__(self) -> str:
        return f"Player({self.name!r})"


class Access(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An S3 access key and the credential it is."""

    credential: str
    access_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Access({self.access_id!r})"


class Cast(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everybody, with the ids the house gave them."""

    house: str
    organisations: dict[str, str]  # trustee, town, supplier, provider, custodian
    customer: str
    application: str
    bucket: str
    bucket_id: str
    location: str
    people: dict[str, Player]
    town_access: Access
    engineer_access: Access


def folder_of(house: Path) -> Path:
    """Where a demo's people keep their keys; only their owner may enter."""
    return house / "people"


def save(folder: Path, cast: Cast) -> None:
    """Write the cast, readable by this user alone."""
    handle = os.open(folder / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(cast), indent=2))


def load(folder: Path) -> Cast:
    """Read the cast; `no-cast` (malformed) where a demo was not founded to its end."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Cast)
    except (OSError, msgspec.MsgspecError) as error:
        raise malformed("no-cast", folder=str(folder)) from error


def key_of(folder: Path, player: Player) -> FileKey:
    """The player's own key, from his file."""
    return file_key.open_key(folder / player.key_file, b"")


def sign(folder: Path, player: Player, document_hash: bytes) -> bytes:
    """Canonical JSON of the player's signature over the SHA-256 of a document."""
    signature = canonical.b64(key_of(folder, player).sign(document_hash))
    made = FileKeySignature(credential=player.file_key, signature=signature)
    return canonical.encode(msgspec.to_builtins(made))
