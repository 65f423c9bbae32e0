"""A log over HTTP (c2sp.org/tlog-tiles), as a mirror or a monitor reads it."""

from custodes.kernel.refusal import unavailable

from .plain import PlainHttp

ANSWER_BYTES_MAX = 32 * 1_048_576


class HttpLog:
    """Fulfils `acts.watch.ports.LogWeb` below one address."""

    def __init__(self, url: str, *, timeout_s: float = 20.0) -> None:
        self._http = PlainHttp(url, timeout_s=timeout_s, bytes_max=ANSWER_BYTES_MAX)

    def get(self, path: str) -> bytes | None:
        """See the port."""
        answer = self._http.get(path)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise unavailable("log-refuses", status=answer.status)
        return answer.body
