"""Static files: read once at start, named by one hash over all of them, kept by browsers for ever.

One hash for the whole tree lets style sheets point at fonts by relative path and stay unmodified.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import absent
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

FOLDER = Path(__file__).parent / "static"
KEPT = "public, max-age=31536000, immutable"
_TEXT = (".css", ".js", ".svg", ".md", ".txt", "")
_MEDIA = MappingProxyType({".woff2": "font/woff2", ".js": "text/javascript; charset=utf-8", "": "text/plain"})


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its bytes, the same squeezed where that helps, its media type and hash (hex SHA-256)."""

    raw: bytes
    squeezed: bytes | None
    media: str
    sha256: str


class Statics:
    """All files below a folder; `tree` names this exact set of them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
        self.assets: Mapping[str, Asset] = MappingProxyType(
            {path.relative_to(folder).as_posix(): _read(path) for path in paths}
        )
        names = "".join(f"{name}\0{asset.sha256}\n" for name, asset in self.assets.items())
        self.tree = hashlib.sha256(names.encode()).hexdigest()[:16]

    def url(self, name: str) -> str:
        """Where a page finds `name`; KeyError names the file that is missing."""
        if name not in self.assets:
            raise KeyError(f"static file {name}: `make` copies those of others")
        return f"/static/{self.tree}/{name}"

    def manifest(self) -> dict[str, str]:
        """Name and SHA-256 of every file served."""
        return {name: asset.sha256 for name, asset in self.assets.items()}

    async def get(self, call: Call) -> Reply:
        """One file (`no-such-path`)."""
        asset = self.assets.get(call.path["name"])
        if asset is None or call.path["tree"] != self.tree:
            raise absent("no-such-path")
        accepts = {part.strip() for part in call.request.headers.get("accept-encoding", "").split(",")}
        keep = (("cache-control", KEPT), ("vary", "accept-encoding"))
        if asset.squeezed is not None and "gzip" in accepts:
            return Reply(raw=asset.squeezed, media=asset.media, headers=(*keep, ("content-encoding", "gzip")))
        return Reply(raw=asset.raw, media=asset.media, headers=keep)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The one endpoint that serves them."""
        return (
            Endpoint(
                method="GET",
                path="/static/{tree}/{name:path}",
                name="static",
                action=None,
                does=self.get,
                summary="A static file",
                media="*/*",
            ),
        )


def _read(path: Path) -> Asset:
    raw = path.read_bytes()
    media = _MEDIA.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    small = gzip.compress(raw, 9, mtime=0) if path.suffix in _TEXT else None
    return Asset(
        raw=raw,
        squeezed=small if small and len(small) < len(raw) else None,
        media=f"{media}; charset=utf-8" if media == "text/css" else media,
        sha256=hashlib.sha256(raw).hexdigest(),
    )
