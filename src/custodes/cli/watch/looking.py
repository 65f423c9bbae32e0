"""One look after another at somebody else's log: who watches waits while it is away."""

import time
from collections.abc import Callable

from custodes.cli.speech import Out
from custodes.cli.speech.output import refused
from custodes.kernel.refusal import Kind, Refusal


def looking(out: Out, look: Callable[[], None], every_s: int | None) -> None:
    """Look again every so many seconds, or once with None; what is not reachable is said and met again.

    Every other refusal ends it, as does what `look` raises itself; with None a log that is away does too.
    """
    while True:
        try:
            look()
        except Refusal as refusal:
            if every_s is None or refusal.kind is not Kind.UNAVAILABLE:
                raise
            refused(refusal, is_json=out.is_json)
        if every_s is None:
            return
        time.sleep(every_s)
