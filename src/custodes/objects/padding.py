"""Lengths a store may see: the steps a part's stream is padded to, so that its size tells less.

Steps are a bucket's choice. What is stored is zeros behind the plain bytes of each part, encrypted with them;
the manifest holds the true length. How many parts an object has, and when they came, a store still sees.
Source of `padme`: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
PURBs" (PoPETs 2019), section 4: the length keeps as many leading bits as its exponent has bits.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from custodes.kernel.refusal import malformed

PADDED_BYTES_MIN = 1_024  # shorter streams all look alike


def padme(plain_bytes: int) -> int:
    """The next Padmé length: at most 12 % more, less the longer it is; never below `PADDED_BYTES_MIN`."""
    if plain_bytes <= PADDED_BYTES_MIN:
        return PADDED_BYTES_MIN
    exponent = plain_bytes.bit_length() - 1
    loose = (1 << (exponent - exponent.bit_length())) - 1
    return (plain_bytes + loose) & ~loose


def powers(plain_bytes: int) -> int:
    """The next power of two: less than twice as much; never below `PADDED_BYTES_MIN`."""
    if plain_bytes <= PADDED_BYTES_MIN:
        return PADDED_BYTES_MIN
    return 1 << (plain_bytes - 1).bit_length()


STEPS: Mapping[str, Callable[[int], int]] = MappingProxyType({"padme": padme, "powers": powers})


def check_steps(steps: str) -> str:
    """One of `STEPS`, or nothing (`padding-unknown`, malformed)."""
    if steps not in ("", *STEPS):
        raise malformed("padding-unknown", known=",".join(STEPS))
    return steps


def padding_for(steps: str, plain_bytes: int) -> int:
    """How many bytes a part of this length is padded by."""
    step = STEPS.get(steps)
    return 0 if step is None else step(plain_bytes) - plain_bytes
