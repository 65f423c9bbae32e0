"""A witness elsewhere, over HTTP (c2sp.org/tlog-witness v1.0.0), as the logkeeper reaches it.

Each has one thread of its own: who answers slowly, byte by byte or never holds up nobody else, and is not
asked again before his last answer came or was given up on.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from custodes.kernel.refusal import Refusal, conflict, malformed, unavailable
from custodes.ledger.note import Vkey
from custodes.ledger.watch.witnessing import Submission

from .plain import Answer, PlainHttp
from .route import Route

ANSWER_BYTES_MAX = 64 * 1_024
_CODES = {
    400: "witness-misunderstands",
    403: "witness-does-not-know-key",
    404: "witness-does-not-know-log",
    429: "witness-wants-fewer",
}


class HttpWitness:
    """Fulfils `acts.logkeeper.ports.Witness`."""

    def __init__(
        self, name: str, vkey: Vkey, url: str, *, timeout_s: float = 5.0, route: Route | None = None
    ) -> None:
        self.name = name
        self.vkey = vkey
        self._http = PlainHttp(url, timeout_s=timeout_s, bytes_max=ANSWER_BYTES_MAX, route=route)
        self._turn = threading.Lock()

    async def cosign(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        """See the port. Other noes are `witness-gone` (unavailable) or say what the witness said."""
        body = Submission(old=old_size, proof=tuple(proof), note=note).encode()
        headers = {"content-type": "text/plain; charset=utf-8"}
        answer = await self._threaded(lambda: self._http.post("add-checkpoint", body, headers))
        if answer.status == 200:
            return answer.body
        if answer.status == 409:
            raise conflict("witness-behind", size=_size(answer))
        if answer.status == 422:
            raise conflict("witness-conflict")
        raise unavailable(_CODES.get(answer.status, "witness-gone"), status=answer.status)

    async def cosigned(self, origin: str) -> bytes | None:
        """See the port."""
        named = hashlib.sha256(origin.encode()).hexdigest()
        answer = await self._threaded(lambda: self._http.get(f"{named}/checkpoint"))
        return answer.body if answer.status == 200 else None

    async def tell(self, document: bytes) -> bool:
        """See the port; false too when he is away."""
        headers = {"content-type": "application/json"}
        try:
            answer = await self._threaded(lambda: self._http.post("add-follower", document, headers))
        except Refusal:
            return False
        return answer.status == 200

    async def _threaded(self, work: Callable[[], Answer]) -> Answer:
        """In a thread that ends with the request; `witness-busy` while the one before is not through."""
        if not self._turn.acquire(blocking=False):
            raise unavailable("witness-busy")
        done: Future[Answer] = Future()

        def run() -> None:
            answer: Answer | None = None
            failed: BaseException | None = None
            try:
                answer = work()
            except Refusal as refusal:
                failed = unavailable("witness-gone", why=refusal.code)
            except BaseException as error:
                failed = error
            self._turn.release()  # before anybody hears of it: who does may ask the next thing at once
            if failed is not None:
                done.set_exception(failed)
            elif answer is not None:
                done.set_result(answer)

        done.set_running_or_notify_cancel()
        threading.Thread(target=run, name=f"witness-{self.name}", daemon=True).start()
        waiting = asyncio.wrap_future(done)
        waiting.add_done_callback(
            lambda one: one.cancelled() or one.exception()
        )  # perhaps nobody waits any more
        return await asyncio.shield(waiting)


def _size(answer: Answer) -> int:
    try:
        text = answer.body.decode("ascii").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise malformed("witness-misunderstood") from error
    if not text.isdecimal() or len(text) > 19:
        raise malformed("witness-misunderstood")
    return int(text)
