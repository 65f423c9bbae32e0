"""An fsspec filesystem that seals what it writes and opens what it reads, over any other filesystem.

    base = fsspec.filesystem("s3", endpoint_url=...)
    files = SealedFileSystem(base, HouseKeys(url, token, house=..., customer=..., key=...), own=secret)
    with files.open("bucket/register.csv", "wb") as out: ...

Opening a file for reading or for writing is one key use, an entry in the customer's log. With `own` (32
bytes that only the customer has) neither the installation alone nor the customer alone can read.
Paths are as they are: whoever runs the store sees names, sizes and times.

Where only a URL and plain options can be given (pandas, Dask), `custodes://bucket/register.csv` with

    storage_options={"target_protocol": "s3", "target_options": {...}, "own": base64,
                     "keys": {"url": ..., "token": ..., "house": ..., "customer": ..., "key": ...}}
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fsspec import AbstractFileSystem, filesystem  # type: ignore[import-untyped]
from fsspec.core import has_magic  # type: ignore[import-untyped]
from fsspec.spec import AbstractBufferedFile  # type: ignore[import-untyped]

from custodes.adapters.system import SystemClock, SystemDice
from custodes.custody import envelope
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal

from . import sealing
from .house import HouseKeys, Keys

BLOCK_BYTES = 1_048_576
COPY_BYTES = 4 * BLOCK_BYTES


class SealedFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """Sealed files at the paths of `base`. Raises refusals: `client-object-mismatch` (broken) for a file that
    was changed, cut, moved from another name or is none of ours; what the installation refuses, as it does.
    """

    protocol = "custodes"
    cachable = False  # an instance holds a secret: it belongs to whoever made it

    def __init__(
        self,
        base: AbstractFileSystem | None = None,
        keys: Keys | Mapping[str, Any] | None = None,
        *,
        own: bytes | str | None = None,
        target_protocol: str = "",
        target_options: Mapping[str, Any] | None = None,
        **options: Any,  # noqa: ANN401 - fsspec's own options
    ) -> None:
        """`keys` as an object or as what `HouseKeys` takes; `own` as bytes or base64. Without `base`, the
        filesystem below is made by fsspec of the protocol and its options.

        ValueError where one is missing, or `own` has another length than 32 bytes.
        """
        super().__init__(**options)
        if (base is None) == (not target_protocol) or keys is None:
            raise ValueError("either base or target_protocol, and keys")
        self.base = base if base is not None else filesystem(target_protocol, **(target_options or {}))
        self.keys = HouseKeys(**keys) if isinstance(keys, Mapping) else keys
        self._own = canonical.unb64(own) if isinstance(own, str) else own
        if self._own is not None and len(self._own) != sealing.KEY_BYTES:
            raise ValueError(f"own is {sealing.KEY_BYTES} bytes, as bytes or in base64")
        self.dice = SystemDice()
        self.clock = SystemClock()
        self._strip_protocol = self._named

    def __repr__(self) -> str:
        return f"SealedFileSystem({self.base!r})"

    def _named(self, path: Any) -> Any:  # noqa: ANN401 - a path, or a list of them
        """The base's spelling of a path: under the name a file was sealed with it is found."""
        if isinstance(path, list):
            return [self._named(one) for one in path]
        return self.base._strip_protocol(super()._strip_protocol(path))

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:  # noqa: ANN401
        """As the base lists it, with plain sizes; nothing is opened. A foreign file has size None."""
        found = [_plain(entry) for entry in self.base.ls(self._strip_protocol(path), detail=True, **options)]
        return found if detail else sorted(entry["name"] for entry in found)

    def entry(self, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """One entry of `ls`; fsspec calls it `info`."""
        return _plain(self.base.info(self._strip_protocol(path), **options))

    info = entry

    def find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        **options: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401 - names, or entries by name
        """As the base finds it, in one listing where it has one; sizes are plain."""
        found = self.base.find(
            self._strip_protocol(path), maxdepth=maxdepth, withdirs=withdirs, detail=True, **options
        )
        return {name: _plain(entry) for name, entry in found.items()} if detail else sorted(found)

    def invalidate_cache(self, path: str | None = None) -> None:
        """What the base remembers of its listings is forgotten."""
        self.base.invalidate_cache(None if path is None else self._strip_protocol(path))

    def mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:  # noqa: ANN401
        """As the base does it."""
        self.base.mkdir(self._strip_protocol(path), create_parents=create_parents, **options)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """As the base does it."""
        self.base.makedirs(self._strip_protocol(path), exist_ok=exist_ok)

    def rmdir(self, path: str) -> None:
        """As the base does it."""
        self.base.rmdir(self._strip_protocol(path))

    def rm_file(self, path: str) -> None:
        """As the base does it."""
        self.base.rm_file(self._strip_protocol(path))

    def rm(self, path: str | list[str], recursive: bool = False, maxdepth: int | None = None) -> None:
        """As the base does it, many at once where it can; patterns are looked up first."""
        named = [path] if isinstance(path, str) else path
        found = [one for each in named for one in (self.glob(each) if has_magic(each) else [each])]
        self.base.rm(self._strip_protocol(found), recursive=recursive, maxdepth=maxdepth)

    def created(self, path: str) -> datetime:
        """As the base says it."""
        return self.base.created(self._strip_protocol(path))  # type: ignore[no-any-return]

    def modified(self, path: str) -> datetime:
        """As the base says it."""
        return self.base.modified(self._strip_protocol(path))  # type: ignore[no-any-return]

    def cp_file(self, path1: str, path2: str, **_options: Any) -> None:  # noqa: ANN401
        """Read and written anew: a copy has a data key and a name of its own."""
        if self.isdir(path1):
            self.makedirs(path2, exist_ok=True)
            return
        with self.open(path1, "rb") as source, self.open(path2, "wb") as target:
            while piece := source.read(COPY_BYTES):
                target.write(piece)

    def cat_ranges(
        self,
        paths: list[str],
        starts: Any,  # noqa: ANN401 - one number, or one for each path
        ends: Any,  # noqa: ANN401
        max_gap: int | None = None,
        on_error: str = "return",
        **_options: Any,  # noqa: ANN401
    ) -> list[Any]:
        """Ranges of files, each file opened once: one key use, however many ranges of it are asked for."""
        if max_gap is not None:
            raise NotImplementedError("max_gap")
        starts, ends = ([one] * len(paths) if not isinstance(one, list) else one for one in (starts, ends))
        if not len(starts) == len(ends) == len(paths):
            raise ValueError("so many starts and ends as paths")
        found: list[Any] = [None] * len(paths)
        asked: dict[str, list[int]] = {}
        for number, path in enumerate(paths):
            asked.setdefault(path, []).append(number)
        for path, numbers in asked.items():
            try:
                with self.open(path, "rb", cache_type="none") as source:
                    for number in numbers:
                        first, end, _ = slice(starts[number], ends[number]).indices(source.size)
                        source.seek(first)
                        found[number] = source.read(max(0, end - first))
            except Exception as error:
                if on_error != "return":
                    raise
                for number in numbers:
                    found[number] = error
        return found

    def _open(self, path: str, mode: str = "rb", **options: Any) -> AbstractBufferedFile:  # noqa: ANN401
        if mode not in ("rb", "wb"):
            raise NotImplementedError(f"mode {mode}: a sealed file is read, or written whole")
        options.pop("block_size", None)
        return SealedFile(self, path, mode, block_size=BLOCK_BYTES, **options)

    def data_key(self, head: sealing.Head, secret: bytes) -> bytes:
        """The data key of one object; `own-secret-missing` (locked) where it takes the owner's own."""
        if head.is_split and self._own is None:
            raise Refusal("own-secret-missing", Kind.LOCKED)
        return sealing.data_key(secret, self._own if head.is_split else None, head.object_version)

    def begin(self) -> tuple[sealing.Head, bytes]:
        """A fresh object: its head, and its data key. One key use."""
        keys, version, secret = self.keys, new_id("ver", self.dice), self.dice.draw(sealing.KEY_BYTES)
        head = sealing.Head(
            house=keys.house,
            customer=keys.customer,
            key=keys.key,
            object_version=version,
            token=keys.wrap(secret, sealing.context(version)),
            is_split=self._own is not None,
        )
        return head, self.data_key(head, secret)

    def opened(self, head: sealing.Head) -> bytes:
        """The data key of a stored object. One key use; another key's object is refused unasked."""
        if (head.house, head.customer, head.key) != (self.keys.house, self.keys.customer, self.keys.key):
            raise Refusal("client-object-mismatch", Kind.BROKEN)
        return self.data_key(head, self.keys.unwrap(head.token, head.context()))


class SealedFile(AbstractBufferedFile):  # type: ignore[misc]
    """One sealed file, read in ranges or written from its beginning to its end."""

    def __init__(self, fs: SealedFileSystem, path: str, mode: str, **options: Any) -> None:  # noqa: ANN401
        if mode == "rb":
            stored = int(fs.base.info(path)["size"])
            first = _stored(fs.base, path, 0, sealing.HEAD_BYTES + envelope.HEADER_BYTES)
            self._head = sealing.read_head(first[: sealing.HEAD_BYTES])
            tail = _stored(fs.base, path, stored - sealing.TAIL_BYTES, stored)
            sealing.plain_size(stored)  # before a key is used: no object has another length
            self._key = fs.opened(self._head)
            self._part = sealing.read_tail(self._head, self._key, tail, stored, path)
            if first[sealing.HEAD_BYTES :] != self._part.header:
                raise Refusal("client-object-mismatch", Kind.BROKEN)
            options["size"] = self._part.plain_bytes
        super().__init__(fs, path, mode, **options)
        self._written = 0
        self._out: Any = None

    def __repr__(self) -> str:
        return f"SealedFile({self.path!r})"

    def __exit__(self, *raised: object) -> None:
        """A body that raised leaves no file: half of it would look whole."""
        if raised[0] is not None and self.mode == "wb":
            self.discard()
            self.closed = True
            return
        self.close()

    def _fetch_range(self, start: int, end: int) -> bytes:
        """Plain bytes from `start` up to `end`, each segment checked before any of it is given out."""
        end = min(end, self._part.plain_bytes)
        if start >= end:
            return b""
        span = envelope.segment_range(start, end - 1, self._part.plain_bytes)
        first = sealing.HEAD_BYTES + span.cipher_first
        raw = _stored(self.fs.base, self.path, first, sealing.HEAD_BYTES + span.cipher_last + 1)
        stream = envelope.Decryptor.at(self._key, sealing.bound(self._head), self._part.header, span)
        try:
            return stream.feed(raw) + stream.finish()
        except Refusal as refusal:
            raise Refusal("client-object-mismatch", Kind.BROKEN) from refusal

    def _initiate_upload(self) -> None:
        head, self._key = self.fs.begin()
        self._head = head
        self._stream = envelope.Encryptor(self._key, sealing.bound(head), self.fs.dice)
        self._out = self.fs.base.open(self.path, "wb", autocommit=False)
        self._out.write(sealing.write_head(head))

    def _upload_chunk(self, final: bool = False) -> bool:
        piece = self.buffer.getvalue()
        self._written += len(piece)
        self._out.write(self._stream.feed(piece))
        if final:
            self._out.write(self._stream.finish())
            ended = sealing.Ended(
                header=self._stream.header,
                plain_bytes=self._written,
                name=self.path,
                at=to_text(self.fs.clock.now()),
            )
            self._out.write(sealing.write_tail(self._head, self._key, ended, self.fs.dice))
            self._out.close()
            if self.autocommit:
                self.commit()
        return True

    def commit(self) -> None:
        """The file is there, whole, from now on."""
        self._out.commit()

    def discard(self) -> None:
        """Nothing was written."""
        if self._out is not None:
            self._out.discard()


def _stored(base: AbstractFileSystem, path: str, first: int, end: int) -> bytes:
    """Bytes as they lie there; by name, for filesystems have the arguments in other orders."""
    return base.cat_file(path, start=first, end=end)  # type: ignore[no-any-return]


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the base with the plain size."""
    if entry.get("type") != "file" or entry.get("size") is None:
        return dict(entry)
    try:
        return {**entry, "size": sealing.plain_size(int(entry["size"])), "stored_size": entry["size"]}
    except Refusal:
        return {**entry, "size": None, "stored_size": entry["size"]}
