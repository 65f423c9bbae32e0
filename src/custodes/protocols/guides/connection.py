"""The guide of a connection, by its kind."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from . import dke, xks
from .step import Step

GUIDES: Mapping[str, Callable[..., tuple[Step, ...]]] = MappingProxyType({"xks": xks.steps, "dke": dke.steps})


def steps(
    kind: str, name: str, place: tuple[str, str], keys: tuple[str, ...], *, listens: str
) -> tuple[Step, ...]:
    """The steps for a connection of this kind; `place` is its host (empty: an example) and its path.

    None for a kind without a guide; `bad-name` (malformed) for a name that a shell would take apart.
    """
    guide = GUIDES.get(kind)
    return guide(name, *place, keys, listens=listens) if guide is not None else ()
