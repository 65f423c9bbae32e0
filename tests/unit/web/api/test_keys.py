import base64
import json

from custodes.acts.asks import Token
from custodes.acts.asks.keys import Used, UseKey
from custodes.web.api.keys import KeysApi
from custodes.web.kit.endpoint import table
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log
from fakes import SeededDice, SetClock
from fakes.asgi import drive


class Door:
    def __init__(self):
        self.asked = []

    async def ask(self, ask):
        self.asked.append(ask)
        return Used(b"\x00\xff", 2, "cus/machine", 41)


def test_a_use_is_one_ask_with_the_bytes_as_sent():
    door = Door()
    front = Front(
        table(KeysApi(door).endpoints()), Face(log=Log(lambda line: None, SetClock()), dice=SeededDice())
    )
    for verb in ("wrap", "unwrap"):
        sent = {"message": base64.b64encode(b"m\x00").decode(), "context": "Yw==", "purpose": "operation"}
        answer = drive(
            front,
            "POST",
            f"/v1/keys/key-1/{verb}",
            json.dumps(sent).encode(),
            [("authorization", "Bearer crd-1.x"), ("content-type", "application/json")],
        )
        assert answer.status == 200
        assert answer.json == {
            "type": "used",
            "message": "AP8=",
            "key_version": 2,
            "log": "cus/machine",
            "index": 41,
        }
        assert door.asked[-1] == UseKey(Token("crd-1.x"), "key-1", verb, b"m\x00", b"c", "operation", "")
