"""A port on loopback that leads to another one, until its cable is pulled."""

import contextlib
import socket
import threading

from .ports import free_port


class Cable:
    """`port` leads to `there` while it is plugged in; pulled, it refuses and cuts what is under way."""

    def __init__(self, there):
        self.there, self.port = there, free_port()
        self._listening, self._open, self._threads = None, set(), []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def laid(self):
        """Plugged in for as long."""
        self.plug()
        try:
            yield self
        finally:
            self.pull()

    def plug(self):
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self._begin(self._accept, self._listening)

    def pull(self):
        with self._lock:
            listening, self._listening = self._listening, None
            ends, threads = [listening, *self._open], self._threads
            self._open, self._threads = set(), []
        for end in ends:
            with contextlib.suppress(OSError, AttributeError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(30)
        for end in ends:
            if end is not None:
                end.close()

    def _accept(self, listening):
        while True:
            try:
                here, _ = listening.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self.there), timeout=30)
            except OSError:
                here.close()
                continue
            there.settimeout(None)
            with self._lock:
                if self._listening is not listening:
                    here.close()
                    there.close()
                    return
                self._open |= {here, there}
            self._begin(self._pump, here, there)
            self._begin(self._pump, there, here)

    def _pump(self, one, other):
        with contextlib.suppress(OSError):
            while piece := one.recv(262_144):
                other.sendall(piece)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _begin(self, work, *what):
        thread = threading.Thread(target=work, args=what, daemon=True)
        self._threads.append(thread)
        thread.start()
