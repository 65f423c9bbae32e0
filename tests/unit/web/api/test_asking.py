import msgspec
import pytest

from custodes.acts.asks import Token
from custodes.acts.asks.cases import MoveCase
from custodes.acts.asks.log import MakeReceipt, ReceiptFile
from custodes.acts.asks.rules import Explained, LookPolicy, PolicyView
from custodes.web.api import cases, log, rules
from custodes.web.api.asking import endpoints, shown, taken
from custodes.web.kit.endpoint import table
from custodes.web.kit.front import Face, Front
from custodes.web.kit.logs import Log
from fakes import SeededDice, SetClock
from fakes.asgi import drive

ID = "cus-00000000000000000000000000"
AUTH = [("authorization", "Bearer crd-1.x")]
JSON = [*AUTH, ("content-type", "application/json")]


class Door:
    def __init__(self, answer):
        self.answer, self.asked = answer, []

    async def ask(self, ask):
        self.asked.append(ask)
        return self.answer


def front(door, *rows):
    face = Face(log=Log(lambda line: None, SetClock()), dice=SeededDice())
    return Front(table(endpoints(door, rows)), face)


def row(rows, name):
    return next(one for one in rows if one.name == name)


def test_documents_travel_as_json_both_ways():
    door = Door(PolicyView(ID, 3, b'[{"filled":{},"preset":"readers-read"}]'))
    answer = drive(
        front(door, row(rules.ROWS, "get-policy")), "GET", f"/v1/customers/{ID}/policy", headers=AUTH
    )
    assert answer.json["choices"] == [{"filled": {}, "preset": "readers-read"}]
    assert door.asked == [LookPolicy(Token("crd-1.x"), ID)]
    drive(
        front(door, row(rules.ROWS, "set-policy")),
        "PUT",
        f"/v1/customers/{ID}/policy",
        b'{"choices": [ {"preset": "readers-read", "filled": {}} ]}',
        JSON,
    )
    assert door.asked[-1].choices == b'[{"filled":{},"preset":"readers-read"}]'


@pytest.mark.parametrize("form", [b"1.5", b'{"\\u00e4": 1}', b"9007199254740993"])
def test_what_has_no_canonical_spelling_is_refused(form):
    door = Door(None)
    answer = drive(
        front(door, row(cases.ROWS, "move-case")),
        "POST",
        f"/v1/cases/{ID}/approve",
        b'{"version":1,"form":' + form + b"}",
        JSON,
    )
    assert (answer.status, answer.json["code"]) == (400, "malformed-body")
    assert door.asked == []


def test_members_come_from_the_path_and_win_over_nothing_else():
    move = row(cases.ROWS, "move-case")
    assert set(taken(move).__struct_fields__) == {"version", "form"}
    door = Door(Explained(b"{}"))
    answer = drive(
        front(door, move), "POST", f"/v1/cases/{ID}/deny", b'{"version":2,"form":{"reason":"no"}}', JSON
    )
    assert answer.status == 200
    assert door.asked == [MoveCase(Token("crd-1.x"), ID, "deny", 2, b'{"reason":"no"}')]


def test_a_file_is_given_as_it_is():
    door = Door(ReceiptFile(b'{"v":1}'))
    receipt = front(door, row(log.ROWS, "get-receipt"))
    answer = drive(receipt, "GET", f"/v1/log/{ID}/machine/12/receipt?grade=sequenced", headers=AUTH)
    assert answer.body == b'{"v":1}'
    assert door.asked == [MakeReceipt(Token("crd-1.x"), f"{ID}/machine", 12, "sequenced")]
    for bad in ("-1", "x", "1" * 16, "%D9%A1"):
        assert (
            drive(receipt, "GET", f"/v1/log/{ID}/machine/{bad}/receipt", headers=AUTH).json["code"]
            == "malformed-path"
        )
    assert drive(receipt, "GET", f"/v1/log/{ID}/root/1/receipt", headers=AUTH).json["code"] == "no-such-thing"


def test_an_answer_without_documents_is_shown_as_it_is():
    assert shown(ReceiptFile, ("choices",)) is ReceiptFile
    assert msgspec.json.schema(shown(PolicyView, ("choices",)))
