"""Which files of this process's environment hold what the stores are spoken to with.

obstore reads them when a store is opened, and tokens again whenever they lapse, so a process that draws a
border round itself has to leave them readable. The names are those obstore's stores document.
"""

from collections.abc import Mapping
from pathlib import Path

_FILES = ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "GOOGLE_APPLICATION_CREDENTIALS")
_TOKENS = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AZURE_FEDERATED_TOKEN_FILE",
)


def credential_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Files as they are named, and the folders of tokens: a new one is a new file in the place of the old."""
    files = [Path(environment[name]) for name in _FILES if environment.get(name)]
    tokens = [Path(environment[name]).parent for name in _TOKENS if environment.get(name)]
    return tuple(path for path in (*files, *tokens) if path.is_absolute() and path != Path("/"))
