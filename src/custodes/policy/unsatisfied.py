"""Forms that demand what nothing can show today: they may stand, and whoever saves one is told what it does.

`GIVEN` are the grades that a use through a connection can have here; docs/protocols/grades.md says by which
wire. Where another one gives a further grade one day, a rule that waits for it begins to admit by itself.
"""

from collections.abc import Iterable, Mapping

from custodes.kernel.canonical import Plain

GIVEN = frozenset({"asserted", "signed"})
_FORM, _PLACE = "cloud-grades-only", "grades"


def unsatisfied(choices: Iterable[tuple[str, Mapping[str, Plain]]]) -> tuple[str, ...]:
    """Names of those forms among (form, what is filled in) that refuse every use they are about."""
    return tuple(dict.fromkeys(name for name, filled in choices if name == _FORM and not _can_be(filled)))


def _can_be(filled: Mapping[str, Plain]) -> bool:
    grades = filled.get(_PLACE)
    return isinstance(grades, list | tuple) and bool(GIVEN & {str(one) for one in grades})
