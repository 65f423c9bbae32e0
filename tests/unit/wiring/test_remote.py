"""The same commands over the API: what they print is what they print on the machine itself."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from custodes.acts.asks import Token, wire
from custodes.acts.asks.cases import MoveCase, OpenCase
from custodes.acts.asks.house import LookHouse, Seal, Unseal
from custodes.acts.asks.keys import MoveKey, UseKey
from custodes.acts.asks.log import MakeReceipt
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.wiring.remote import ROWS, RemoteHouse, row_of
from fakes.office import OfficeWorld
from fakes.served import api_of, served

TOKEN = Token("crd-1.secret")


def test_the_token_goes_nowhere_in_the_clear():
    for url in (
        "http://house.example", "ftp://house.example", "house.example", "https://u:p@house.example",
        "https://house.example?x=1", "http://127.0.0.1.example",
    ):  # fmt: skip
        with pytest.raises(Refusal, match="url-not-https"):
            RemoteHouse(url)
    for url in (
        "https://house.example",
        "https://house.example/v1/",
        "http://localhost:8443",
        "http://[::1]:1",
    ):
        RemoteHouse(url).close()


def test_asks_find_their_row():
    assert row_of(MoveKey(TOKEN, "key-1", "rotate", "x")).name == "rotate-key"
    assert row_of(UseKey(TOKEN, "key-1", "wrap", b"", b"", "operation", "x")).name == "wrap-with-key"
    assert row_of(MakeReceipt(TOKEN, "cus-1/machine", 1)).name == "get-receipt"
    assert row_of(MakeReceipt(TOKEN, "a/machine", 1, "sequenced", ("act",))).name == "get-receipt"
    for ask in (Seal(TOKEN, "x"), Unseal(TOKEN, b"")):
        with pytest.raises(Refusal, match="not-over-the-api"):
            row_of(ask)
    assert {row.ask for row in ROWS} <= set(wire.STRUCTS)


def test_nobody_there_and_somebody_else_there():
    with pytest.raises(Refusal, match="url-unreachable"):
        RemoteHouse("http://127.0.0.1:9").ask(LookHouse())

    seen = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(302 if self.path.startswith("/v1") else 200)
            self.send_header("location", "/other")
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(Refusal, match="answer-not-understood"):
            RemoteHouse(f"http://127.0.0.1:{server.server_address[1]}").ask(LookHouse())
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
    assert seen == ["/v1/installation"]  # the redirect was not followed


def test_commands_say_the_same_over_the_api(tmp_path):
    with served(tmp_path, OfficeWorld) as house, api_of(house) as url:
        world, customer = house.world, house.world.customer_row.id
        lines = [
            (("status",), None),
            (("whoami",), world.olga),
            (("key", "list", "--customer", customer), world.olga),
            (("customer", "show", customer), world.olga),
            (("party", "list", "--customer", customer), world.olga),
            (("location", "list", "--customer", customer), world.olga),
            (("rules", "show", "--customer", customer), world.olga),
            (("log", "entries", "--customer", customer, "--kind", "machine"), world.olga),
            (("log", "receipt", f"{customer}/machine:0", "--grade", "sequenced"), world.olga),
            (
                ("log", "receipt", f"{customer}/machine:0", "--grade", "sequenced", "--disclose", "act"),
                world.olga,
            ),
            (("log", "pins", "--customer", customer), world.olga),
            (("issuer", "list"), world.olga),
            (("leaver", "plan", world.anna.person.id), world.olga),
            (("notices", "waiting"), world.olga),
            (("kills",), world.karl),
            (("kill", "--customer", customer, "--reason", "x", "--preview"), world.olga),
            (("case", "list"), world.karl),
            (("explain", f"may:key:use-unwrap:key:{world.key}"), world.erik),
        ]
        house.settings.public_log.mkdir(exist_ok=True)
        (house.settings.public_log / "pins.json").write_bytes(world.pins().encode())
        here = [house.json(*line, who=who) for line, who in lines]
        house.url = url
        assert len(str(here[9])) < len(str(here[8]))  # one field is shown, not all
        assert [house.json(*line, who=who) for line, who in lines] == here
        refused = house.run(
            "key", "rotate", "key-00000000000000000000000000", "--reason", "x", who=world.olga
        )
        assert (refused.exit_code, "no-such-thing" in refused.stderr) == (1, True)
        wrong = house.run("whoami", who=Token("crd-00000000000000000000000000.x"))
        assert (wrong.exit_code, "not-authenticated" in wrong.stderr) == (1, True)


def test_signed_acts_cases_and_uses_over_the_api(tmp_path):
    with served(tmp_path, OfficeWorld) as house, api_of(house) as url:
        house.url = url
        world, customer = house.world, house.world.customer_row.id
        line = ("boundary", "set", "--customer", customer, "--area", "DE", "--jurisdiction", "DE")
        assert house.json(*line, who=world.olga)["noun"] == "boundary"
        message = house.folder / "message"
        message.write_bytes(world.message)
        use = ("key", "unwrap", world.key, "--in", str(message), "--context", "row 7", "--reason", "x")
        used = house.json(*use, who=world.token)
        assert canonical.unb64(used["message"]) == b"a data key"
        house_ = RemoteHouse(url)
        case = house_.ask(OpenCase(world.erik.token, "lockbox", customer, world.request_form()))
        done = house.json("case", "approve", case.id, "--yes", who=world.karl)
        assert len(done["approvals"]) == 1
        denied = house_.ask(
            MoveCase(world.karl.token, case.id, "deny", done["version"], canonical.encode({"reason": "no"}))
        )
        assert denied.state == "denied"
        target = house.folder / "copy"
        copied = house.json(
            "log", "tiles", "--customer", customer, "--kind", "machine", str(target), who=world.olga
        )
        assert copied["files"] == len([path for path in target.rglob("*") if path.is_file()])
