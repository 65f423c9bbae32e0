"""A real forward proxy on loopback: it knows some names by itself, and notes whom it was asked for."""

import select
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Proxy:
    """`names` says which loopback port stands behind a name; `asked` is every `host:port` of a CONNECT."""

    def __init__(self, names):
        self.names = names
        self.asked = []
        self.url = ""

    @contextmanager
    def serving(self):
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self):
                proxy.asked.append(self.path)
                port = proxy.names.get(self.path)
                if port is None:
                    self.send_error(403)
                    return
                with socket.create_connection(("127.0.0.1", port), timeout=10) as there:
                    self.send_response(200)
                    self.end_headers()
                    _pump(self.connection, there)
                self.close_connection = True

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(10)


def _pump(one, other):
    """Bytes both ways until a side has no more."""
    while True:
        ready, _, _ = select.select([one, other], [], [], 10)
        if not ready:
            return
        for side in ready:
            piece = side.recv(65_536)
            if not piece:
                return
            (other if side is one else one).sendall(piece)
