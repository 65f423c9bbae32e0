"""A folder of files as clients meet them: empty, small, at the edges, many bytes, odd names."""

from pathlib import Path

from fakes import SeededDice

MIB = 1_048_576
SIZES = {
    "empty": 0,
    "one": 1,
    "edge/segment": 65_480,
    "edge/batch": MIB,
    "edge/batch and one": MIB + 1,
    "odd/ümläut & plus+.txt": 1234,
    "odd/deep/er/still": 99,
    "large": 17 * MIB + 3,
}


def filled(folder: Path) -> Path:
    """Write them; the same bytes each time."""
    for n, (name, size) in enumerate(sorted(SIZES.items())):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SeededDice(n).draw(min(size, 70_001)) * (size // 70_001 + 1))
        with path.open("r+b") as file:
            file.truncate(size)
    return folder


def same(one: Path, other: Path) -> bool:
    """Whether both folders hold the same files with the same bytes."""
    return _all(one) == _all(other)


def _all(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
