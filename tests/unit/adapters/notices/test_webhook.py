import asyncio
import hmac

import msgspec
import pytest

from custodes.adapters.notices.webhook import Webhook, signature
from custodes.adapters.outgoing import Outgoing
from custodes.kernel.refusal import Refusal
from fakes import SetClock
from fakes.notices import NOTICE
from fakes.receivers import Receiver


def test_a_webhook_can_check_who_sent_it_when_and_what():
    with Receiver().serving() as receiver:
        out = Outgoing((f"localhost:{receiver.port}",), loopback_too=True)
        hook = Webhook((f"http://localhost:{receiver.port}/hook",), b"key", out, SetClock())
        asyncio.run(hook.deliver(NOTICE, hook.targets(NOTICE)[0]))
        _, path, headers, body = receiver.came[0]
        headers = {name.lower(): value for name, value in headers.items()}
        made = hmac.new(
            b"key", f"{headers['custodes-timestamp']}.out-1.".encode() + body, "sha256"
        ).hexdigest()
        assert (path, headers["custodes-signature"]) == ("/hook", f"v1={made}")
        assert signature(b"other", headers["custodes-timestamp"], "out-1", body) != made
        assert b"anna" not in body
        assert msgspec.json.decode(body)["case"] == "cas-1"
        receiver.answers = [(302, b"", {"location": "http://169.254.169.254/"}), (500, b"", {})]
        for _ in range(2):
            with pytest.raises(Refusal, match="unreachable"):
                asyncio.run(hook.deliver(NOTICE, hook.targets(NOTICE)[0]))
    inside = Webhook(("http://169.254.169.254/latest",), b"key", out, SetClock())
    with pytest.raises(Refusal, match="host-not-allowed"):
        asyncio.run(inside.deliver(NOTICE, inside.targets(NOTICE)[0]))
