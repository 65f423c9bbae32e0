"""An S3 server on loopback that keeps what it is given, and goes wrong when it is told to."""

import contextlib
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from .ports import free_port


@contextlib.contextmanager
def failing_cloud():
    """One that runs, and takes any credentials: there are some in the environment meanwhile."""
    server = FailingCloud()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}):
            yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join(30)


class FailingCloud(ThreadingHTTPServer):
    """Buckets that keep what is put; `fault` says how it goes wrong, `left` how often yet: 500, 503, `half` a
    body, `other` bytes, one bit `flip`ped, or `hang` until `released`.
    """

    def __init__(self):
        self.kept, self.fault, self.left, self.uploads = {}, "", 0, {}
        self.numbers = []  # of parts, of each upload that was completed
        self.etag, self.asked = '"1"', 0
        self.released = threading.Event()
        self.port = free_port()
        super().__init__(("127.0.0.1", self.port), Speaking)

    def goes_wrong(self):
        self.asked += 1
        self.left -= 1
        fault = self.fault if self.left >= 0 else ""
        if fault == "hang":
            self.released.wait(300)
            return "500"
        if fault == "stopped":
            raise ConnectionAbortedError
        return fault

    def handle_error(self, *_):
        """A client that went away is none."""


class Speaking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        fault = self.server.goes_wrong()
        if fault in ("500", "503"):
            return self._say(int(fault))
        path, _, query = self.path.partition("?")
        number = re.search(r"partNumber=(\d+)", query)
        if number:
            self.server.uploads.setdefault(path, {})[int(number[1])] = body
        else:
            self.server.kept[path] = body
        return self._say(200, headers={"ETag": '"1"'})

    def do_POST(self):
        path, _, query = self.path.partition("?")
        self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.server.goes_wrong()
        if fault in ("500", "503"):
            return self._say(int(fault))
        if "uploadId=" not in query:
            answer = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            return self._say(200, answer)
        parts = self.server.uploads.pop(path)
        self.server.numbers.append(len(parts))
        self.server.kept[path] = b"".join(parts[number] for number in sorted(parts))
        answer = b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>"
        return self._say(200, answer)

    def do_GET(self):
        fault = self.server.goes_wrong()
        whole = self.server.kept.get(self.path.partition("?")[0])
        if fault in ("500", "503"):
            return self._say(int(fault))
        if whole is None:
            return self._say(404)
        if self.headers.get("if-match", self.server.etag) != self.server.etag:
            return self._say(412)
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", f"bytes=0-{len(whole) - 1}"))
        first, last = map(int, span.groups())
        body = whole[first : last + 1]
        status = 206 if "range" in self.headers else 200
        headers = {"ETag": self.server.etag}
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{first + len(body) - 1}/{len(whole)}"
        headers["Last-Modified"] = "Thu, 01 Jan 2026 00:00:00 GMT"
        if fault == "other":
            body = bytes(len(body))
        if fault == "short":  # it says so, and says it wrongly
            body = body[: len(body) // 2]
        if fault == "flip":
            body = body[:-1] + bytes([body[-1] ^ 1])
        return self._say(status, body, headers, is_half=fault == "half")

    def do_DELETE(self):
        fault = self.server.goes_wrong()
        if fault in ("500", "503"):
            return self._say(int(fault))
        self.server.kept.pop(self.path.partition("?")[0], None)
        return self._say(204)

    def _say(self, status, body=b"", headers=None, *, is_half=False):
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if is_half else body)
        self.close_connection = is_half

    def log_message(self, *_):
        """Says nothing."""
