"""What a process that faces the network counts: requests by endpoint and outcome, and refusals.

A request that nobody could authenticate leaves no entry in any log; it is counted here, and only here.
"""

from collections.abc import Callable

import msgspec
from starlette.requests import Request

from custodes.kernel.clock import Clock
from custodes.kernel.meters import Counter, Histogram, Meters
from custodes.kernel.refusal import Refusal
from custodes.web.kit.call import Reply
from custodes.web.kit.front import Face
from custodes.web.kit.logs import Log

from .process import of_process


class PlaneMeters:
    """The registry of one plane process; `of` gives each of its protocols a tally."""

    def __init__(self, clock: Clock) -> None:
        self.meters: Meters = of_process(clock)
        self._requests = self.meters.counter(
            "custodes_requests_total",
            "Requests answered; status 0: the client went before there was an answer.",
            ("protocol", "endpoint", "status"),
        )
        self._durations = self.meters.histogram(
            "custodes_request_duration_seconds",
            "From the head of a request to the last byte of its answer.",
            ("protocol", "endpoint"),
        )
        self._refusals = self.meters.counter(
            "custodes_refusals_total", "Requests refused.", ("protocol", "kind", "code")
        )

    def of(self, protocol: str) -> "ProtocolTally":
        """What one protocol of this process adds to."""
        return ProtocolTally(protocol, self._requests, self._durations, self._refusals)


class ProtocolTally:
    """Counts the requests of one protocol."""

    def __init__(self, protocol: str, requests: Counter, durations: Histogram, refusals: Counter) -> None:
        self._protocol = protocol
        self._requests, self._durations, self._refusals = requests, durations, refusals

    def answered(self, endpoint: str, status: int, duration_us: int) -> None:
        """One request of this endpoint; '' where none was found."""
        self._requests.add(self._protocol, endpoint, str(status))
        self._durations.add(duration_us / 1e6, self._protocol, endpoint)

    def refused(self, refusal: Refusal) -> None:
        """One refusal, whoever asked."""
        self._refusals.add(self._protocol, refusal.kind.value, refusal.code)


class CountedLog(Log):
    """The access log, with every line counted."""

    def __init__(self, sink: Callable[[bytes], None], clock: Clock, tally: ProtocolTally) -> None:
        super().__init__(sink, clock)
        self.tally = tally

    def access(self, request_id: str, method: str, status: int, **more: str | int | None) -> None:
        """See `Log.access`."""
        self.tally.answered(str(more.get("endpoint") or ""), status, int(more.get("duration_us") or 0))
        super().access(request_id, method, status, **more)


def counted(face: Callable[[Log], Face], log: CountedLog) -> Face:
    """A face over this log that counts what it refuses before it shows it."""
    made = face(log)

    def refuse(refusal: Refusal, request_id: str, request: Request) -> Reply:
        log.tally.refused(refusal)
        return made.refuse(refusal, request_id, request)

    return msgspec.structs.replace(made, refuse=refuse)
