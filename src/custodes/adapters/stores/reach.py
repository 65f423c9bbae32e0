"""Which store a URI names.

    file:/folder                              a local folder
    s3://bucket/prefix?region=...&endpoint=...   S3 and its kin; path style where an endpoint is given
    az://account/container/prefix             Azure Blob Storage
    gs://bucket/prefix?endpoint=...           Google Cloud Storage, or what speaks like it at an endpoint

Credentials are what the process's environment holds for obstore; a URI with a user or an unknown argument
is refused. Plain HTTP is spoken to loopback only.
"""

import ipaddress
import os
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from custodes.acts.streams.ports import BlobStore, PlainStore
from custodes.kernel.refusal import Refusal, unavailable

from .cloud import CloudStore
from .folder import FolderStore
from .mark import Mark
from .patience import PatientStore
from .plain_cloud import PlainCloud
from .plain_folder import PlainFolder
from .pulling import REQUEST_S

_WAITS: Any = {"connect_timeout": "5s", "timeout": f"{REQUEST_S}s"}
_RETRIES: Any = {  # of one request: a store that is down must not keep a reader from the next one
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=15),
}
Marking = Callable[[str, Path], Mark]
_S3_ARGUMENTS = frozenset({"region", "endpoint"})


class ReachableStores:
    """Fulfils `Stores` and `PlainStores`; a URI is opened once."""

    def __init__(self, threads: Executor, mark: Marking | None = None) -> None:
        """`mark` gives the folder of a URI what tells it from an empty or another one; see `ask_for`."""
        self._threads = threads
        self._mark = mark
        self._open: dict[str, BlobStore] = {}
        self._plain: dict[str, PlainStore] = {}

    def ask_for(self, mark: Marking) -> None:
        """Ask for marks from now on; before the first store is opened."""
        self._mark = mark

    def at(self, uri: str) -> BlobStore:
        """See `Stores.at`; `store-unknown` (unavailable)."""
        found = self._open.get(uri)
        if found is None:
            found = self._open[uri] = _reach(uri, self._threads, self._mark)
        return found

    def plain_at(self, uri: str) -> PlainStore:
        """See `PlainStores.plain_at`."""
        found = self._plain.get(uri)
        if found is None:
            parts = urlsplit(uri)
            is_folder = parts.scheme == "file"
            store = PlainFolder(folder_of(uri), self._threads) if is_folder else PlainCloud(_cloud(parts))
            found = self._plain[uri] = store
        return found


def folder_of(uri: str) -> Path:
    """The folder of a `file:` URI; `store-unknown` (unavailable) unless it is an absolute path."""
    parts = urlsplit(uri)
    path = unquote(parts.path)
    is_plain = parts.scheme == "file" and not (parts.netloc or parts.query or parts.fragment)
    if not is_plain or not path.startswith("/") or "\0" in path or ".." in path.split("/"):
        raise _unknown()
    return Path(path)


def free_bytes(uri: str) -> int | None:
    """How many bytes more this user may write to a local folder, none where it is read-only; None for every
    other store.
    """
    if not uri.startswith("file:"):
        return None
    try:
        found = os.statvfs(folder_of(uri))
    except (OSError, Refusal):
        return None
    return 0 if found.f_flag & os.ST_RDONLY else found.f_bavail * found.f_frsize


def _reach(uri: str, threads: Executor, mark: Marking | None) -> BlobStore:
    parts = urlsplit(uri)
    if parts.scheme == "file":
        folder = folder_of(uri)
        return FolderStore(folder, threads, mark(uri, folder) if mark is not None else None)
    return PatientStore(CloudStore(_cloud(parts)))


def _cloud(parts: SplitResult) -> S3Store | AzureStore | GCSStore:
    if "@" in parts.netloc or parts.fragment or not parts.netloc:
        raise _unknown()
    try:
        if parts.scheme == "s3":
            return _s3(parts)
        if parts.scheme == "az" and not parts.query:
            container, _, prefix = parts.path.strip("/").partition("/")
            return _azure(parts.netloc, container, prefix)
        if parts.scheme == "gs":
            return _google(parts)
    except (BaseError, ValueError) as error:
        raise _unknown() from error
    raise _unknown()


def _azure(account: str, container: str, prefix: str) -> AzureStore:
    return AzureStore(
        container,
        prefix=prefix or None,
        account_name=account,
        client_options=_WAITS,
        retry_config=_RETRIES,
    )


def _google(parts: SplitResult) -> GCSStore:
    endpoint, is_plain = _endpoint(_arguments(parts, frozenset({"endpoint"})))
    options: Any = {"allow_http": is_plain, **_WAITS}
    config: dict[str, Any] = {"base_url": endpoint} if endpoint else {}
    prefix = parts.path.strip("/") or None
    return GCSStore(parts.netloc, prefix=prefix, client_options=options, retry_config=_RETRIES, **config)


def _s3(parts: SplitResult) -> S3Store:
    arguments = _arguments(parts, _S3_ARGUMENTS)
    config: dict[str, Any] = {name: value for name, value in arguments.items() if name == "region"}
    endpoint, is_plain = _endpoint(arguments)
    if endpoint:
        config |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    if not is_plain:
        config["unsigned_payload"] = True  # TLS has it; hashing what is authenticated anyway costs the most
    options: Any = {"allow_http": is_plain, **_WAITS}
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        client_options=options,
        retry_config=_RETRIES,
        **config,
    )


def _arguments(parts: SplitResult, known: frozenset[str]) -> dict[str, str]:
    arguments = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if set(arguments) - known:
        raise _unknown()
    return arguments


def _endpoint(arguments: dict[str, str]) -> tuple[str, bool]:
    """The endpoint, if one is given, and whether it is plain HTTP: to loopback only."""
    endpoint = arguments.get("endpoint", "")
    is_plain = endpoint.startswith("http:")
    if is_plain and not _is_loopback(urlsplit(endpoint).hostname):
        raise _unknown()
    return endpoint, is_plain


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def _unknown() -> Refusal:
    return unavailable("store-unknown")
