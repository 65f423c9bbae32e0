"""A PIN or a token in a file: first line, only for the user that runs the keyroom.

systemd puts credentials (systemd.exec(5), `LoadCredential=`) below /run/credentials with permissions of its
own making: the folder shuts out everybody but the service, so there the file's own bits are not asked.
"""

from pathlib import Path

from custodes.adapters import private_file
from custodes.kernel.refusal import unavailable

SECRET_BYTES_MAX = 4_096
CREDENTIALS = Path("/run/credentials")


def read(path: Path) -> bytes:
    """The first line without its end; `holder-secret-gone`, `holder-secret-unsafe` (unavailable; `why`)."""
    try:
        if path.is_relative_to(CREDENTIALS):
            raw = _of_systemd(path)
        else:
            raw = private_file.read(path, SECRET_BYTES_MAX)
    except private_file.Unsafe as found:
        raise unavailable("holder-secret-unsafe", why=found.why) from None
    except private_file.Gone:
        raise unavailable("holder-secret-gone") from None
    line = raw.partition(b"\n")[0].rstrip(b"\r")
    if not line or len(raw) > SECRET_BYTES_MAX:
        raise unavailable("holder-secret-gone")
    return line


def _of_systemd(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SECRET_BYTES_MAX + 1)
    except OSError:
        raise private_file.Gone from None
