"""Where the committed vectors lie, and how a test tampers with bytes."""

import importlib.util
import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "vectors"


def read_vectors(room, name):
    return json.loads((FOLDER / room / f"{name}.json").read_text("ascii"))


def maker(name):
    """The module `tests/vectors/make_<name>.py`."""
    spec = importlib.util.spec_from_file_location(f"make_{name}", FOLDER / f"make_{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flipped(whole, rest=b""):
    """The same bytes with one bit turned over, for some places all over them."""
    for at in sorted({*range(0, len(whole), max(1, len(whole) // 24)), len(whole) - 1}):
        yield whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] + rest
