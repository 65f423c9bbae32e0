"""Real tokens by SoftHSM 2, in a folder of this test process; a token per caller.

The library sees the tokens that were there when it was loaded: all are made at the first call.
"""

import itertools
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, SO_PIN = b"2468-1357", "8642-7531"
TOKENS = 60
_NUMBERS = itertools.count()


@cache
def tokens() -> Path:
    """The folder in which SoftHSM keeps its tokens; its configuration is found through the environment."""
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    command = ["softhsm2-util", "--init-token", "--free", "--so-pin", SO_PIN, "--pin", PIN.decode()]
    for number in range(TOKENS):
        label = ["--label", f"custodes-{number}"]
        done = subprocess.run([*command, *label], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder / "tokens"


def new_token() -> str:
    """The label of a token that nobody has used."""
    tokens()
    number = next(_NUMBERS)
    assert number < TOKENS
    return f"custodes-{number}"


def uri(label: str, pin_source: Path | None = None, name: str = "house-root") -> str:
    """The URI of a root in that token."""
    source = f"&pin-source=file:{pin_source}" if pin_source is not None else ""
    return f"pkcs11:token={label};object={name};type=secret-key?module-path={MODULE}{source}"


def pin_file(folder: Path, pin: bytes = PIN) -> Path:
    """A file that holds the PIN, as a service would have it."""
    path = folder / "pin"
    path.write_bytes(pin + b"\n")
    path.chmod(0o600)
    return path
