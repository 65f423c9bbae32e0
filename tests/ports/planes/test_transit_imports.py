"""A customer's key comes in wrapped: over the wire as `bao transit import` sends it, to the keyroom alone."""

import asyncio
import json
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, LookKeys, MoveKey
from custodes.acts.benching.bench import InThread
from custodes.acts.transit import importing  # noqa: F401 - this suite is its test
from custodes.custody.keys import Key
from custodes.store.reads import reading
from custodes.web.kit.logs import Log
from custodes.web.planes.transit import imports  # noqa: F401 - this suite is its test
from custodes.web.planes.transit.app import application, face
from fakes.asgi import driven
from fakes.folk import in_folk
from fakes.parcels import PARCELS, VECTORS, Known

HELLO = b64encode(b"hello").decode()


class Wire:
    """The transit plane over a house; `lines` are its log."""

    def __init__(self, world):
        self.world, self.lines = world, []
        object.__setattr__(world.keyroom.opened, "bench", InThread(Known()))
        self.app = application(world.keyroom, face(Log(self.lines.append, world.clock), world.dice))

    async def ask(self, method, path, body=None, by=None):
        token = (by or self.world.olga.token).token
        raw = b"" if body is None else json.dumps(body).encode()
        headers = [("x-vault-token", token), ("host", "transit.example")]
        answer = await driven(self.app, method, f"/v1/transit/{path}", raw, headers)
        return answer.status, json.loads(answer.body) if answer.body else None

    async def use(self, path, body):
        status, said = await self.ask("POST", path, body, by=self.world.token)
        return said["data"] if status == 200 else (status, said["errors"])

    def entries(self, code):
        log = self.world.customer_row.log("exceptional")
        return reading(self.world.engine, lambda reads: reads.openings(log, code=code))


@in_folk
async def test_a_key_comes_in_is_used_and_is_said_to_have_been_elsewhere(world):
    wire = Wire(world)
    assert (await wire.ask("POST", "keys/mine/import", {"ciphertext": "AAAA"}))[1]["errors"][0].startswith(
        "read transit/wrapping_key first"
    )
    first, again = await asyncio.gather(*(wire.ask("GET", "wrapping_key") for _ in range(2)))
    assert [one[0] for one in (first, again)] == [200, 200]  # whoever was quicker made it
    assert first[1]["data"] == again[1]["data"] == (await wire.ask("GET", "wrapping_key"))[1]["data"]
    assert "BEGIN PUBLIC KEY" in first[1]["data"]["public_key"]
    assert len(wire.entries("key.import-begin")) == 1
    for kind, row in PARCELS.items():
        status, _ = await wire.ask(
            "POST", f"keys/own-{kind}/import", {"ciphertext": row["parcel"], "type": kind}
        )
        assert status == 204, kind
    assert len(wire.entries("key.import")) == len(PARCELS)
    read = (await wire.ask("GET", "keys/own-aes256-gcm96"))[1]["data"]
    assert (read["imported_key"], read["imported_key_allow_rotation"]) == (True, False)
    views = (await world.keyroom.ask(LookKeys(world.olga.token, world.customer_row.id))).keys
    assert {one.versions[0].origin for one in views if one.name.startswith("own-")} == {"imported"}
    assert {one.versions[0].origin for one in views if not one.name.startswith("own-")} <= {"house"}

    def of(kind, rows):
        return [one for one in rows if one["key"] == PARCELS[kind]["key"]]

    for row in of(
        "aes256-gcm96", VECTORS["ciphertexts"]
    ):  # sealed elsewhere, moved under a wrap of our own, opened again
        old = {"ciphertext": f"vault:v1:{row['ciphertext']}", "associated_data": row["associated"]}
        assert (await wire.use("decrypt/own-aes256-gcm96", old))["plaintext"] == row["plaintext"]
        moved = await wire.use("rewrap/own-aes256-gcm96", old)
        assert len(moved["ciphertext"]) > len(old["ciphertext"])
        again = {**old, "ciphertext": moved["ciphertext"]}
        assert (await wire.use("decrypt/own-aes256-gcm96", again))["plaintext"] == row["plaintext"]
        bound = {**old, "context": HELLO}
        assert await wire.use("decrypt/own-aes256-gcm96", bound) == (
            400, ["cipher: message authentication failed"],
        )  # fmt: skip
    for row in of("hmac", VECTORS["codes"]):
        made = await wire.use(f"hmac/own-hmac/{row['hash']}", {"input": row["message"]})
        assert made["hmac"] == f"vault:v1:{row['code']}"
    for kind in ("ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-2048"):
        made = await wire.use(f"sign/own-{kind}", {"input": HELLO})
        checked = await wire.use(f"verify/own-{kind}", {"input": HELLO, "signature": made["signature"]})
        assert checked["valid"]
    lines = "".join(map(str, wire.lines))
    assert not any(row["parcel"][:40] in lines or row["key"] in lines for row in VECTORS["taken"])


@in_folk
async def test_keys_of_other_lengths_come_in_and_what_is_sealed_here_is_sealed_as_ever(world):
    wire = Wire(world)
    await wire.ask("GET", "wrapping_key")
    by_length = {(one["kind"], len(b64decode(one["key"]))): one for one in VECTORS["taken"]}
    for kind, length in (("hmac", 64), ("hmac", 512), ("aes128-gcm96", 16), ("ecdsa-p521", 241)):
        one = by_length[kind, length]
        members = {"type": kind, "ciphertext": one["parcel"]}
        status, said = await wire.ask("POST", f"keys/{kind}-{length}/import", members)
        assert status == 204, said
        found = [row for row in VECTORS["codes"] if row["key"] == one["key"]]
        for row in found:
            made = await wire.use(f"hmac/{kind}-{length}/{row['hash']}", {"input": row["message"]})
            assert made == {"hmac": f"vault:v1:{row['code']}"}
        assert len(found) == (kind == "hmac")
    row = next(one for one in VECTORS["ciphertexts"] if len(b64decode(one["key"])) == 16)
    old = {"ciphertext": f"vault:v1:{row['ciphertext']}", "associated_data": row["associated"]}
    assert await wire.use("decrypt/aes128-gcm96-16", old) == {"plaintext": row["plaintext"]}
    assert (await wire.use("decrypt/aes128-gcm96-16", {**old, "associated_data": ""}))[0] == 400
    sealed = await wire.use("encrypt/aes128-gcm96-16", {"plaintext": HELLO})
    assert len(b64decode(sealed["ciphertext"].removeprefix("vault:v1:"))) == 81 + len(b"hello")
    assert await wire.use("decrypt/aes128-gcm96-16", {"ciphertext": sealed["ciphertext"]}) == {
        "plaintext": HELLO
    }
    signed = await wire.use("sign/ecdsa-p521-241", {"input": HELLO, "marshaling_algorithm": "jws"})
    held = await wire.use(
        "verify/ecdsa-p521-241",
        {"input": HELLO, "signature": signed["signature"], "marshaling_algorithm": "jws"},
    )
    assert held == {"valid": True}


@in_folk
async def test_what_the_house_has_made_itself_opens_nothing_of_elsewhere(world):
    wire = Wire(world)
    made = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "born-here"))).id
    o = world.keyroom.opened
    key = o.standing.get("key", made, Key)
    secret = o.keyring.version(world.customer_row, key, 1)
    raw = bytes(12) + AESGCM(secret).encrypt(bytes(12), b"hello", b"")
    said = await wire.use("decrypt/born-here", {"ciphertext": f"vault:v1:{b64encode(raw).decode()}"})
    assert said == (400, ["cipher: message authentication failed"])


@in_folk
async def test_versions_come_in_too_and_who_may_not_brings_nothing(world):
    wire = Wire(world)
    await wire.ask("GET", "wrapping_key")
    aes, hmac = PARCELS["aes256-gcm96"]["parcel"], PARCELS["hmac"]["parcel"]
    assert (await wire.ask("POST", "keys/k/import", {"ciphertext": aes}))[0] == 204
    id_ = next(one.id for one in (await world.keyroom.ask(
        LookKeys(world.olga.token, world.customer_row.id))).keys if one.name == "k")  # fmt: skip
    for body, error in (
        ({"ciphertext": aes}, "does not fit"),  # a key has this name
        *(({"ciphertext": row["parcel"], "type": row["kind"]}, "") for row in VECTORS["refused"]),
    ):
        name = "k" if error else "other"
        status, said = await wire.ask("POST", f"keys/{name}/import", body)
        assert status == 400, said
        assert error in said["errors"][0]
    assert len(wire.entries("key.import")) == 1
    status, said = await wire.ask("POST", "keys/k/rotate", {})
    assert (status, "import_version" in said["errors"][0]) == (400, True)
    assert (await wire.ask("POST", "keys/k/import_version", {"ciphertext": hmac}))[0] == 204
    assert (await wire.ask("GET", "keys/k"))[1]["data"]["latest_version"] == 2
    assert (await wire.ask("POST", "keys/born/rotate", {}))[0] == 404
    await wire.ask("POST", "keys/born", {})
    status, said = await wire.ask("POST", "keys/born/import_version", {"ciphertext": hmac})
    assert (status, "imported key" in said["errors"][0]) == (400, True)
    for path in ("keys/mine/import", "keys/k/import_version"):
        assert (await wire.ask("POST", path, {"ciphertext": aes}, by=world.token))[
            0
        ] == 403  # an application's token
    await wire.ask("POST", "keys/loose/import", {"ciphertext": hmac, "allow_rotation": True})
    assert (await wire.ask("POST", "keys/loose/rotate", {}))[0] == 200
    status, said = await wire.ask("POST", "keys/loose/import_version", {"ciphertext": aes})
    assert (status, "imported key" in said["errors"][0]) == (400, True)  # it has a version of our own
    await world.keyroom.ask(MoveKey(world.olga.token, id_, "disable", "leak"))
    assert (await wire.ask("POST", "keys/k/import_version", {"ciphertext": aes}))[0] == 400
    o = world.keyroom.opened
    row = o.standing.get("import-key", world.customer_row.id, Key)
    status, said = await wire.ask(
        "POST", f"decrypt/{row.id}", {"ciphertext": f"vault:v1:{aes}"}, by=world.token
    )
    assert status == 400  # the way in is no key that anybody can use
    assert said["errors"] == ["encryption key not found"]


@in_folk
async def test_under_a_kill_nothing_comes_in(world):
    wire = Wire(world)
    await wire.ask("GET", "wrapping_key")
    body = {"ciphertext": PARCELS["hmac"]["parcel"], "type": "hmac"}
    await world.keyroom.ask(Kill(world.olga.token, KillScope("customer", world.customer_row.id), "drill"))
    assert (await wire.ask("POST", "keys/late/import", body))[0] == 403
    assert len(wire.entries("key.import")) == 0
