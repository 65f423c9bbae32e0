"""The transit plane over HTTP, asked by hvac as anybody asks it, and by hand where hvac is too polite."""

import base64
import json
import urllib.error
import urllib.request

import hvac
import msgspec
import pytest
from hvac import exceptions as faults

from custodes.acts.benching.bench import InThread
from custodes.web.kit.logs import Log
from custodes.web.planes.transit.app import application, face
from custodes.wiring.meters.planes import PlaneMeters
from custodes.wiring.planes import transit as process
from custodes.wiring.processes import wanted
from fakes import SeededDice, SetClock
from fakes.parcels import PARCELS, VECTORS, Known
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
            made = Served(house, url, lines)
            made.keys.create_key("files")
            yield made


def test_a_key_encrypts_decrypts_and_rotates(at):
    at.keys.create_key("turning")
    sealed = at.transit.encrypt_data("turning", b64(b"hello"))["data"]
    assert sealed["ciphertext"].startswith("vault:v1:")
    assert at.transit.decrypt_data("turning", sealed["ciphertext"])["data"]["plaintext"] == b64(b"hello")
    at.keys.rotate_key("turning")
    again = at.transit.rewrap_data("turning", sealed["ciphertext"])["data"]
    assert again["ciphertext"].startswith("vault:v2:")
    assert again["key_version"] == 2
    for ciphertext in (sealed["ciphertext"], again["ciphertext"]):
        assert at.transit.decrypt_data("turning", ciphertext)["data"]["plaintext"] == b64(b"hello")
    shown = at.transit.read_key("turning")["data"]
    assert (shown["latest_version"], shown["type"], list(shown["keys"])) == (2, "aes256-gcm96", ["1", "2"])
    assert "turning" in at.transit.list_keys()["data"]["keys"]


def test_a_key_comes_in_by_hvacs_generic_write_for_it_has_no_call_of_its_own(at):
    object.__setattr__(at.house.world.keyroom.opened, "bench", InThread(Known()))
    officer = hvac.Client(at.url, token=at.officer)
    assert "BEGIN PUBLIC KEY" in officer.read("transit/wrapping_key")["data"]["public_key"]
    parcel = {"ciphertext": PARCELS["aes256-gcm96"]["parcel"]}
    officer.write_data("transit/keys/come-in/import", data={**parcel, "type": "aes256-gcm96"})
    row = VECTORS["ciphertexts"][0]
    old = {"ciphertext": f"vault:v1:{row['ciphertext']}", "associated_data": row["associated"]}
    assert at.client.write_data("transit/decrypt/come-in", data=old)["data"]["plaintext"] == row["plaintext"]
    second = {"ciphertext": PARCELS["hmac"]["parcel"]}  # 32 bytes as well
    officer.write_data("transit/keys/come-in/import_version", data=second)
    shown = at.transit.read_key("come-in")["data"]
    assert (shown["latest_version"], shown["imported_key"]) == (2, True)
    assert at.client.write_data("transit/decrypt/come-in", data=old)["data"]["plaintext"] == row["plaintext"]
    with pytest.raises(faults.InvalidRequest, match="import_version"):
        at.keys.rotate_key("come-in")


def test_the_process_counts_what_it_refuses_and_runs_only_where_it_is_switched_on(at):
    settings = at.house.settings
    assert "transit" not in wanted(settings)
    assert "transit" in wanted(msgspec.structs.replace(settings, transit_port=8200))
    counts = PlaneMeters(SetClock())
    with over_http(process._app(FreshDoors(settings.socket), settings, counts)) as url:
        client = hvac.Client(url, token="crd-" + "0" * 26 + ".nobody")
        with pytest.raises(faults.Forbidden):
            client.secrets.transit.encrypt_data("files", b64(b"x"))
        assert hvac.Client(url).sys.read_health_status(method="GET")["sealed"] is False
    text = counts.meters.text().decode() if isinstance(counts.meters.text(), bytes) else counts.meters.text()
    assert 'code="not-authenticated"' in text
    assert 'protocol="transit"' in text


def test_who_asks_is_told_who_he_is_and_nobody_else_anything(at):
    me = at.client.auth.token.lookup_self()["data"]
    assert me["id"] == at.application.partition(".")[0]
    assert at.application not in json.dumps(me)
    assert at.client.is_authenticated()
    assert not hvac.Client(at.url, token="hvs.wrong").is_authenticated()
    assert at.raw("GET", "sys/internal/ui/mounts/transit")[1]["data"]["type"] == "transit"
    assert at.raw("GET", "sys/internal/ui/mounts/transit", token="")[0] == 403
    assert at.raw("GET", "sys/seal-status", token="")[1]["sealed"] is False
    assert at.raw("GET", "nope/x")[0] == 404
    assert at.raw("GET", "transit/keys/none-of-ours") == (404, {"errors": []})
    status, said = at.raw("POST", "transit/encrypt/none-of-ours", {"plaintext": b64(b"x")})
    assert (status, said) == (400, {"errors": ["encryption key not found"]})


def test_a_batch_answers_in_order_and_says_what_failed(at):
    at.keys.create_key("batch")
    batch = [{"plaintext": b64(b"one"), "reference": "a"}, {"plaintext": "%"}, {"plaintext": b64(b"two")}]
    status, made = at.raw("POST", "transit/encrypt/batch", {"batch_input": batch})
    results = made["data"]["batch_results"]
    assert (status, results[1]["error"], results[0]["reference"]) == (400, "illegal base64 data", "a")
    sealed = [{"ciphertext": results[n]["ciphertext"]} for n in (0, 2)]
    opened = at.transit.decrypt_data("batch", ciphertext="", batch_input=sealed)["data"]["batch_results"]
    assert [one["plaintext"] for one in opened] == [b64(b"one"), b64(b"two")]
    swapped = at.raw("POST", "transit/decrypt/files", {"ciphertext": sealed[0]["ciphertext"]})
    assert swapped == (400, {"errors": ["cipher: message authentication failed"]})


def test_signatures_codes_and_data_keys_as_hvac_asks_for_them(at):
    for kind in ("ed25519", "ecdsa-p256", "rsa-2048"):
        at.keys.create_key(kind, key_type=kind)
        made = at.transit.sign_data(kind, hash_input=b64(b"hello"))["data"]["signature"]
        checked = at.transit.verify_signed_data(kind, hash_input=b64(b"hello"), signature=made)
        assert checked["data"]["valid"] is True
        wrong = at.transit.verify_signed_data(kind, hash_input=b64(b"hullo"), signature=made)
        assert wrong["data"]["valid"] is False
    code = at.transit.generate_hmac("files", hash_input=b64(b"hello"), algorithm="sha2-512")["data"]["hmac"]
    checked = at.transit.verify_signed_data(
        "files", hash_input=b64(b"hello"), hmac=code, hash_algorithm="sha2-512"
    )
    assert checked["data"]["valid"] is True
    drawn = at.transit.generate_data_key("files", key_type="plaintext")["data"]
    opened = at.transit.decrypt_data("files", drawn["ciphertext"])["data"]["plaintext"]
    assert (opened, len(base64.b64decode(opened))) == (drawn["plaintext"], 32)
    assert "plaintext" not in at.transit.generate_data_key("files", key_type="wrapped")["data"]


def test_the_minimum_closes_what_is_older(at):
    at.keys.create_key("aging")
    old = at.transit.encrypt_data("aging", b64(b"x"))["data"]["ciphertext"]
    at.keys.rotate_key("aging")
    at.keys.update_key_configuration("aging", min_decryption_version=2)
    with pytest.raises(faults.InvalidRequest, match="too old"):
        at.transit.decrypt_data("aging", old)
    assert list(at.transit.read_key("aging")["data"]["keys"]) == ["2"]
    with pytest.raises(faults.InvalidRequest, match="not supported"):
        at.keys.update_key_configuration("aging", deletion_allowed=True)
    with pytest.raises(faults.InvalidRequest, match="deletion is not allowed"):
        at.keys.delete_key("aging")
    with pytest.raises(faults.InvalidRequest, match="not supported"):
        at.keys.create_key("leaky", exportable=True)
    with pytest.raises(faults.InvalidPath):
        at.transit.export_key("aging", key_type="encryption-key")


def test_what_is_too_large_is_refused_whole_and_says_so(at):
    large = b64(bytes(1_048_577))
    for body in (
        {"plaintext": b64(b"x"), "associated_data": large},
        {"plaintext": b64(b"x"), "context": large},
        {"batch_input": [{"plaintext": b64(b"x")}] * 257},
    ):
        status, said = at.raw("POST", "transit/encrypt/files", body)
        assert (status, said) == (400, {"errors": ["the batch is too large"]})
    status, said = at.raw("POST", "transit/encrypt/files", b" " * (2 * 1_048_576 + 1))
    assert (status, said) == (413, {"errors": ["request body too large"]})
    for far in (2**63, 2**64, 10**30, -(2**70)):  # a number no machine word holds
        body = {"plaintext": b64(b"x"), "key_version": far}
        assert at.raw("POST", "transit/encrypt/files", body)[0] == 400


def test_an_application_may_use_keys_and_not_make_them(at):
    with pytest.raises(faults.Forbidden, match="role"):
        at.transit.create_key("mine")
    with pytest.raises(faults.Forbidden):
        at.transit.rotate_key("files")


def test_nothing_of_a_request_is_in_a_log(at):
    canary = b"canary-in-a-plaintext"
    made = at.transit.encrypt_data("files", b64(canary), context=b64(b"canary-context"))["data"]["ciphertext"]
    at.raw("POST", "transit/decrypt/files", {"ciphertext": made[:-4] + "AAAA"})
    at.raw("POST", "transit/encrypt/files", b"canary {")
    at.raw("POST", f"transit/encrypt/{'canary' * 30}", {"plaintext": b64(canary)})
    text = b"".join(at.lines)
    for secret in (
        canary,
        b64(canary).encode(),
        b"canary",
        at.application.partition(".")[2].encode(),
        made.encode(),
    ):
        assert secret not in text
    assert b"transit-encrypt" in text
