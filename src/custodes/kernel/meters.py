"""What a process counts about itself, and how it is written down: Prometheus text, version 0.0.4.

A label's value is a word of a closed table (endpoint, refusal code, outcome): never a customer, a person, a
key, a bucket or a path. Should somebody break that rule, a family stops at `SERIES_MAX` series and counts the
rest under `other`, so that a stranger cannot fill the memory. Adding is plain arithmetic on one dictionary;
several threads may add to different families, and any thread may read.

Source: Prometheus exposition formats, "Text-based format".
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

SERIES_MAX = 1_000
OTHER = "other"
MEDIA = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Family(Protocol):
    """Something that is counted, under one name."""

    def lines(self) -> list[str]:
        """Its lines of text, HELP and TYPE first."""
        ...


F = TypeVar("F", bound=Family)


class Counter:
    """How often something happened since the process began, by labels."""

    def __init__(self, name: str, about: str, labels: tuple[str, ...] = ()) -> None:
        self.name, self.about, self.labels = name, about, labels
        self._counts: dict[tuple[str, ...], int] = {} if labels else {(): 0}

    def add(self, *values: str) -> None:
        """Once more, with these values of the labels, in their order."""
        counts = self._counts
        if values not in counts and len(counts) >= SERIES_MAX:
            values = (OTHER,) * len(values)
        counts[values] = counts.get(values, 0) + 1

    def count(self, *values: str) -> int:
        """How often so far."""
        return self._counts.get(values, 0)

    def lines(self) -> list[str]:
        """See `Family`."""
        rows = sorted(self._counts.items())
        return _head(self, "counter") + [
            f"{self.name}{_labels(self.labels, values)} {n}" for values, n in rows
        ]


class Histogram:
    """How something was spread, by labels: counts up to each bound, their sum, and how many in all."""

    def __init__(
        self, name: str, about: str, labels: tuple[str, ...] = (), bounds: Sequence[float] = SECONDS
    ) -> None:
        self.name, self.about, self.labels = name, about, labels
        self._bounds = tuple(bounds)
        self._rows: dict[tuple[str, ...], list[float]] = {}

    def add(self, value: float, *values: str) -> None:
        """One observation, in the unit that the name ends with."""
        row = self._rows.get(values)
        if row is None:
            if len(self._rows) >= SERIES_MAX:
                values = (OTHER,) * len(values)
            row = self._rows.setdefault(values, [0.0] * (len(self._bounds) + 2))
        row[bisect_left(self._bounds, value)] += 1
        row[-1] += value

    def lines(self) -> list[str]:
        """See `Family`."""
        found = _head(self, "histogram")
        for values, row in sorted(self._rows.items()):
            total = 0
            for bound, count in zip((*map(_number, self._bounds), "+Inf"), row[:-1], strict=True):
                total += int(count)
                within = _labels((*self.labels, "le"), (*values, bound))
                found.append(f"{self.name}_bucket{within} {total}")
            at = _labels(self.labels, values)
            found += [f"{self.name}_sum{at} {_number(row[-1])}", f"{self.name}_count{at} {total}"]
        return found


class Gauge:
    """What is so at the moment somebody looks; `read` gives None while nobody can say."""

    def __init__(self, name: str, about: str, read: Callable[[], float | None]) -> None:
        self.name, self.about, self.labels = name, about, ()
        self._read = read

    def lines(self) -> list[str]:
        """See `Family`; without a value there is no line, and an alert on its absence can fire."""
        value = self._read()
        return [] if value is None else [*_head(self, "gauge"), f"{self.name} {_number(value)}"]


class Meters:
    """Every family of one process, handed to whoever counts; there is no global one."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def counter(self, name: str, about: str, labels: tuple[str, ...] = ()) -> Counter:
        """A new counter; its name ends with `_total`."""
        return self._keep(name, Counter(name, about, labels))

    def histogram(
        self, name: str, about: str, labels: tuple[str, ...] = (), bounds: Sequence[float] = SECONDS
    ) -> Histogram:
        """A new histogram over these upper bounds, rising."""
        return self._keep(name, Histogram(name, about, labels, bounds))

    def gauge(self, name: str, about: str, read: Callable[[], float | None]) -> Gauge:
        """A new gauge that asks `read` whenever somebody looks."""
        return self._keep(name, Gauge(name, about, read))

    def text(self) -> bytes:
        """All of it, as a scrape answers."""
        lines = [line for _, family in sorted(self._families.items()) for line in family.lines()]
        return ("\n".join(lines) + "\n").encode()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all families."""
        return tuple(sorted(self._families))

    def _keep(self, name: str, family: F) -> F:
        if name in self._families:
            raise ValueError(f"{name} twice")
        self._families[name] = family
        return family


def _head(family: Counter | Histogram | Gauge, kind: str) -> list[str]:
    about = family.about.replace("\\", "\\\\").replace("\n", "\\n")
    return [f"# HELP {family.name} {about}", f"# TYPE {family.name} {kind}"]


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 6))
