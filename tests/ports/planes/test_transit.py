"""The transit plane over HTTP, asked by hvac as anybody asks it, and by hand where hvac is too polite."""

import base64
import json
import urllib.request

import hvac
import pytest

from custodes.web.kit.logs import Log
from custodes.web.planes.transit.app import application, face
from fakes import SeededDice, SetClock
from fakes.served import FreshDoors, over_http, served


def b64(raw):
    return base64.b64encode(raw).decode()


class Served:
    """A house with a transit plane, a client with the application's token and one with the key officer's."""

    def __init__(self, house, url, lines):
        self.house, self.url, self.lines = house, url, lines
        world = house.world
        self.application = world.token.token
        self.officer = house.call(world.enrol_person("Ottilie", world.town, ("owner", "key-officer")))[
            1
        ].token
        self.client = hvac.Client(url, token=self.application)
        self.keys = hvac.Client(url, token=self.officer).secrets.transit
        self.transit = self.client.secrets.transit

    def raw(self, method, path, body=None, token=None):
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"X-Vault-Token": self.application if token is None else token}
        request = urllib.request.Request(f"{self.url}/v1/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def at(tmp_path_factory):
    lines = []
    with served(tmp_path_factory.mktemp("transit")) as house:
        doors = FreshDoors(house.settings.socket)
        app = application(doors, face(Log(lines.append, SetClock()), SeededDice(7)))
        with over_http(app) as url:
            yield Served(house, url, lines)


def test_a_key_encrypts_decrypts_and_rotates(at):
    at.keys.create_key("files")
    sealed = at.transit.encrypt_data("files", b64(b"hello"))["data"]
    assert sealed["ciphertext"].startswith("vault:v1:")
    assert at.transit.decrypt_data("files", sealed["ciphertext"])["data"]["plaintext"] == b64(b"hello")
    at.keys.rotate_key("files")
    again = at.transit.rewrap_data("files", sealed["ciphertext"])["data"]
    assert again["ciphertext"].startswith("vault:v2:")
    assert again["key_version"] == 2
    for ciphertext in (sealed["ciphertext"], again["ciphertext"]):
        assert at.transit.decrypt_data("files", ciphertext)["data"]["plaintext"] == b64(b"hello")
    shown = at.transit.read_key("files")["data"]
    assert (shown["latest_version"], shown["type"], list(shown["keys"])) == (2, "aes256-gcm96", ["1", "2"])
    assert "files" in at.transit.list_keys()["data"]["keys"]
