"""docs/formats/client-object.md: a file its owner sealed, whole and in ranges."""

import hmac

from .custody import associated, cipher_bytes, hkdf512, open_manifest, open_segments, stream_bytes
from .spelling import No, is_id, read, shaped, unb64, write

HEAD, TAIL, CODE = 1_024, 4_096, "client-object-mismatch"
MEMBERS = {"format", "house", "customer", "key", "object_version", "token", "is_split"}


class File:
    """`fetch(first, end)` gives stored bytes; `use(token, context)` is the key use."""

    def __init__(self, fetch, stored, path, ids, use, own=None):
        """`ids` = (house, customer, key) of whoever reads."""
        try:
            self.plain_bytes = stream_bytes(stored - HEAD - TAIL)
        except No as error:
            raise No(CODE) from error
        head = self._head(fetch(0, HEAD))
        if (head["house"], head["customer"], head["key"]) != ids:
            raise No(CODE)
        version = head["object_version"]
        context = write({"format": head["format"], "object_version": version})
        secret = use(unb64(head["token"], code=CODE), context)
        if head["is_split"] and own is None:
            raise No("own-secret-missing")
        self._key = secret
        if head["is_split"]:
            self._key = hkdf512(secret + own, version.encode(), b"custodes/client-key/v1", 32)
        self._fetch, self._stored = fetch, stored
        self._part = self._manifest(head, fetch(stored - TAIL, stored), path)
        self._header = fetch(HEAD, HEAD + 40)
        if not hmac.compare_digest(self._header, unb64(self._part["header"], 40, CODE)):
            raise No(CODE)

    def plain(self, first, end):
        """Plain bytes `first` up to `end`."""
        if first >= end:
            return b""
        number, last = (first + 40) // 65_520, (end - 1 + 40) // 65_520
        begins = max(40, number * 65_536)
        ends = min((last + 1) * 65_536, self._stored - HEAD - TAIL)
        cipher = self._fetch(HEAD + begins, HEAD + ends)
        bound = self._bound, self._header, self._stored - HEAD - TAIL, number, cipher
        try:
            opened = b"".join(open_segments(self._key, *bound))
        except No as error:
            raise No(CODE) from error
        skipped = first - max(0, number * 65_520 - 40)
        return opened[skipped : skipped + end - first]

    def _head(self, raw):
        body = unpadded(raw, b"custodes-client/v1\n")
        head = shaped(read(body, CODE), MEMBERS, CODE)
        sound = head["format"] == "custodes/client-object/v1" and type(head["is_split"]) is bool
        if not sound or not is_id("ver", head["object_version"]) or not is_id("key", head["key"]):
            raise No(CODE)
        return head

    def _manifest(self, head, raw, path):
        given = head["house"], head["customer"], head["object_version"]
        try:
            body = open_manifest(self._key, *given, unpadded(raw, b""))
        except No as error:
            raise No(CODE) from error
        (part, *more) = body["parts"]
        named = part["number"], part["blob"], body["origin"], body["metadata"].get("name")
        origin = {"bucket": "client", "object_version": head["object_version"]}
        lengths = part["cipher_bytes"], part["plain_bytes"]
        sound = not more and named == (1, "client", origin, path)
        if not sound or lengths != (cipher_bytes(self.plain_bytes), self.plain_bytes):
            raise No(CODE)
        self._bound = associated(body, part)
        return part


def unpadded(raw, magic):
    at = len(magic) + 2
    end = at + int.from_bytes(raw[len(magic) : at], "big")
    if not raw.startswith(magic) or end > len(raw) or raw[end:].strip(b"\0"):
        raise No(CODE)
    return raw[at:end]
