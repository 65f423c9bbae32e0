"""Paths: `/{connection}/{name}` shows a key, `/{connection}/{name}/{version}/decrypt` has it used."""

import re

import msgspec

from custodes.kernel.refusal import absent

_PATH = re.compile(
    r"/(con-[0-9a-hjkmnp-tv-z]{26})/([A-Za-z0-9._-]{1,128})(?:/([1-9][0-9]{0,8})/[Dd]ecrypt)?", re.ASCII
)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What a path names; `version` None: the key is shown."""

    connection: str
    key: str
    version: int | None = None


def route(path: str) -> Route:
    """`no-such-path` (absent)."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise absent("no-such-path")
    version = int(found[3]) if found[3] else None
    return Route(connection=found[1], key=found[2], version=version)


def key_url(host: str, connection: str, name: str) -> str:
    """What goes into the sensitivity label."""
    return f"https://{host}/{connection}/{name}"


def challenge(host: str) -> str:
    """Where a client gets a token for this store: `resource` has the very host of the key's address."""
    return (
        f'Bearer resource="https://{host}", realm="{host}", '
        'authorization="https://login.windows.net/common/oauth2/authorize"'
    )
