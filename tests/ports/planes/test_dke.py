"""Double Key Encryption from the outside, written from what the wire demands and nothing of ours behind it.

What an office program does: fetch the key, encrypt a content key with it, be sent to sign in, come back with
a token of its tenant, get the content key. And what others try.
"""

import json
from base64 import b64decode, b64encode
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from joserfc.jwk import ECKey, RSAKey

from custodes.acts.asks.clouds.connections import LentKey, MoveConnection, SetConnection
from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, MoveKey
from custodes.acts.clouds import dke as answers  # noqa: F401 - this suite is its test
from custodes.kernel.refusal import Kind, Refusal
from custodes.store.reads import reading
from custodes.web.kit.logs import Log
from custodes.web.planes.dke import DkePlane
from custodes.wiring.meters.planes import PlaneMeters
from custodes.wiring.planes import dke as process
from custodes.wiring.processes import wanted
from fakes.asgi import driven
from fakes.folk import in_folk
from fakes.issuer import Keys, Town, sign

HOST = "dke.town.example"
TENANT = "https://sts.windows.net/3f1b0000-0000-4000-8000-000000000001/"
SECRET = b"a content key of 32 bytes, kept!"
SHA256 = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class Office:
    """An office program, its tenant, and the store it talks to."""

    def __init__(self, world):
        self.world = world
        self.lines = []
        self.plane = DkePlane(world.keyroom, Log(self.lines.append, world.clock), world.dice)

    async def open(self, kind="rsa-2048", **settings):
        world = self.world
        self.tenant = Town(world)
        await self.tenant.set_up()
        await self.tenant.read()
        ask = CreateKey(world.olga.token, world.customer_row.id, "letters", True, kind)
        self.key = (await world.keyroom.ask(ask)).id
        self.settings = {
            "host": (HOST,),
            "identity-issuer": (self.tenant.id,),
            "token-issuers": (TENANT,),
            "access": ("letters mail:ada@town.example", "letters group:g-letters", "* domain:hall.example"),
            **settings,
        }
        self.id = (await self.lend(LentKey(self.key, "letters", ("unwrap",)))).id
        return self

    async def lend(self, *keys, id_=""):
        world = self.world
        settings = dict(self.settings)
        ask = SetConnection(None, world.customer_row.id, "dke", "Office", keys, settings=settings, id=id_)
        return await world.keyroom.ask(world.olga.signed(ask, ("connection", id_)))

    def get(self, name="letters", connection=None):
        return driven(self.plane, "GET", f"/{connection or self.id}/{name}")

    async def public(self):
        key = (await self.get()).json["key"]
        modulus = int.from_bytes(b64decode(key["n"], validate=True), "big")
        return RSAPublicNumbers(key["e"], modulus).public_key(), urlsplit(key["kid"]).path

    def token(self, key=None, algorithm="RS256", **changes):
        now = int(self.world.clock.now().timestamp())
        plain = {"iss": TENANT, "aud": f"https://{HOST}", "iat": now, "nbf": now, "exp": now + 3_600}
        plain |= {"upn": "Ada@town.example", "tid": "3f1b", "oid": "o-17", "uti": "t-1"}
        claims = {name: value for name, value in {**plain, **changes}.items() if value is not None}
        return sign(key or self.tenant.keys.rsa, claims, algorithm)

    async def open_document(self, sealed, path, token=None, **changes):
        value = b64encode(sealed).decode()
        body = json.dumps({"alg": "RSA-OAEP-256", "value": value, **changes}).encode()
        headers = [("content-type", "application/json"), ("host", HOST)]
        if token is not None:
            headers.append(("authorization", f"Bearer {token}"))
        return await driven(self.plane, "POST", f"{path}/decrypt", body, headers)


def entries(world, code):
    log = world.customer_row.log("machine")
    rows = reading(world.engine, lambda reads: reads.openings(log, code=code))
    o = world.keyroom.opened
    found = []
    for row in rows:
        page = reading(world.engine, lambda r, row=row: r.page(o.house, row.page))
        leaf = reading(world.engine, lambda r, row=row: r.leaves(log, row.index, row.index + 1))[0]
        found.append(o.records.unseal(world.customer_row, page, row, leaf))
    return found


@in_folk
async def test_a_document_is_opened_by_whom_the_tenant_vouches_for(world):
    office = await Office(world).open()
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)
    sent_away = await office.open_document(sealed, path)
    assert sent_away.status == 401
    challenge = sent_away.header("www-authenticate")
    assert f'resource="https://{HOST}"' in challenge
    assert "login.windows.net/common/oauth2/authorize" in challenge
    assert urlsplit((await office.get()).json["key"]["kid"]).netloc == HOST
    opened = await office.open_document(sealed, path, office.token())
    assert (opened.status, b64decode(opened.json["value"])) == (200, SECRET)
    (entry,) = entries(world, "key.unwrap")
    assert (entry.fields["connection"], entry.fields["key"]) == (office.id, office.key)
    assert ["microsoft-entra", "iss", TENANT, "asserted"] in entry.fields["claims"]
    assert ["customer", "admitted-by", "mail", "asserted"] in entry.fields["claims"]
    assert ["microsoft-entra", "upn", "ada@town.example", "asserted"] in entry.fields["person_claims"]
    assert "ada" not in json.dumps(entry.fields["claims"])


@in_folk
async def test_group_and_domain_admit_and_everybody_else_is_denied_with_an_entry(world):
    office = await Office(world).open()
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)
    for who in ({"upn": "bob@town.example", "groups": ["g-letters"]}, {"upn": "eve@hall.example"}):
        assert (await office.open_document(sealed, path, office.token(**who))).status == 200
    no = await office.open_document(sealed, path, office.token(upn="eve@town.example"))
    assert (no.status, no.json) == (403, {"error": "caller-not-listed"})
    (denial,) = entries(world, "denial")
    assert (denial.fields["reason"], denial.fields["subject"]) == ("caller-not-listed", office.key)


@in_folk
async def test_hostile_tokens_open_nothing_and_all_look_alike(world):
    office = await Office(world).open()
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)
    now = int(world.clock.now().timestamp())
    head, body, _ = office.token().split(".")
    none = b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    hostile = [
        "",
        "x.y.z",
        f"{none}.{body}.",
        f"{head}.{body}.AAAA",
        office.token(key=Keys().ec, algorithm="ES256"),
        office.token(key=ECKey.generate_key("P-256", {"kid": "rsa"}), algorithm="ES256"),  # another's id
        office.token(key=RSAKey.generate_key(2048, {"kid": "rsa"})),  # another tenant's key under our id
        office.token(key=RSAKey.generate_key(2048, {"kid": "of-another-tenant"})),
        office.token(iss=TENANT.replace("0001", "0002")),
        office.token(aud="https://graph.microsoft.com"),
        office.token(aud=f"https://{HOST}/"),
        office.token(exp=now - 3_600),
        office.token(nbf=now + 3_600, iat=now + 3_600),
        office.token(upn=None),
        world.olga.token.token,
    ]
    answers_ = [await office.open_document(sealed, path, token) for token in hostile]
    assert {one.status for one in answers_} == {401}
    assert len({(one.body, one.header("www-authenticate")) for one in answers_}) == 1
    assert entries(world, "key.unwrap") == []
    assert entries(world, "denial") == []  # nobody was authenticated


@in_folk
async def test_a_tenant_that_rotated_its_keys_is_followed_and_the_old_ones_sign_no_more(world):
    office = await Office(world).open()
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)
    await office.tenant.read(office.tenant.keys.ec)
    assert (await office.open_document(sealed, path, office.token())).status == 401
    fresh = office.token(key=office.tenant.keys.ec, algorithm="ES256")
    assert (await office.open_document(sealed, path, fresh)).status == 200
    world.clock.forward(seconds=2 * 3_600)
    late = office.token(key=office.tenant.keys.ec, algorithm="ES256")
    assert (await office.open_document(sealed, path, late)).status == 503  # its keys are not confirmed


@in_folk
async def test_a_rotated_key_opens_what_the_old_one_sealed(world):
    office = await Office(world).open()
    old, old_path = await office.public()
    await world.keyroom.ask(MoveKey(world.olga.token, office.key, "rotate", "yearly"))
    new, new_path = await office.public()
    assert (old_path.rpartition("/")[2], new_path.rpartition("/")[2]) == ("1", "2")
    for public, path in ((old, old_path), (new, new_path)):
        opened = await office.open_document(public.encrypt(SECRET, SHA256), path, office.token())
        assert b64decode(opened.json["value"]) == SECRET
    crossed = await office.open_document(old.encrypt(SECRET, SHA256), new_path, office.token())
    assert (crossed.status, crossed.json) == (400, {"error": "ciphertext-mismatch"})
    unknown = await office.open_document(b"x", new_path.replace("/2", "/9"), office.token())
    assert unknown.status == 404


@in_folk
async def test_every_fault_of_a_ciphertext_has_one_answer(world):
    office = await Office(world).open()
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)
    bad = [
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        sealed[:-1],
        bytes(256),
        b"\xff" * 256,
        b"x",
        public.encrypt(SECRET, PKCS1v15()),
        public.encrypt(SECRET, OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)),
    ]
    said = [await office.open_document(one, path, office.token()) for one in bad]
    assert {(one.status, one.body) for one in said} == {(400, b'{"error":"ciphertext-mismatch"}')}
    for alg in ("RSA-OAEP", "RSA1_5", None):
        assert (await office.open_document(sealed, path, office.token(), alg=alg)).status == 400


@in_folk
async def test_off_disabled_killed_nothing_opens_and_the_key_is_not_shown(world):
    office = await Office(world).open()
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)
    ask = MoveConnection(world.olga.token, office.id, "off", "suspicion")
    await world.keyroom.ask(ask)
    assert (await office.open_document(sealed, path, office.token())).status == 403
    assert (await office.get()).status == 404
    on = MoveConnection(None, office.id, "on", "cleared")
    await world.keyroom.ask(world.olga.signed(on, ("connection", office.id)))
    await world.keyroom.ask(MoveKey(world.olga.token, office.key, "disable", "suspicion"))
    assert (await office.open_document(sealed, path, office.token())).status == 403
    assert (await office.get()).status == 404
    await world.keyroom.ask(MoveKey(world.olga.token, office.key, "enable", "cleared"))
    await world.keyroom.ask(Kill(world.karl.token, KillScope("customer", world.customer_row.id), "drill"))
    killed = await office.open_document(sealed, path, office.token())
    assert killed.status == 403
    assert b64encode(SECRET) not in killed.body


@in_folk
async def test_what_is_not_lent_or_no_rsa_key_does_not_exist(world):
    office = await Office(world).open()
    other = CreateKey(world.olga.token, world.customer_row.id, "wraps")
    wrapping = (await world.keyroom.ask(other)).id
    await office.lend(
        LentKey(office.key, "letters", ("unwrap",)), LentKey(wrapping, "wraps", ()), id_=office.id
    )
    for name, connection in (
        ("wraps", None),
        ("nope", None),
        (office.key, None),
        ("letters", "con-" + "0" * 26),
    ):
        got = await office.get(name, connection)
        assert (got.status, got.json) == (404, {"error": "absent"})
    posted = await driven(office.plane, "POST", f"/{office.id}/letters", b"{}")
    assert (posted.status, posted.header("allow")) == (405, "GET")
    long = await office.open_document(bytes(9_000), f"/{office.id}/letters/1", office.token())
    assert long.status == 413


@in_folk
async def test_nothing_of_a_person_or_a_document_is_in_a_log(world):
    office = await Office(world).open()
    public, path = await office.public()
    token = office.token()
    await office.open_document(public.encrypt(SECRET, SHA256), path, token)
    await office.open_document(b"canary", path, office.token(upn="canary@town.example"))
    text = b"".join(office.lines)
    for secret in (
        SECRET,
        b64encode(SECRET),
        b"canary",
        b"ada@",
        b"letters",
        token.rpartition(".")[2].encode(),
    ):
        assert secret not in text
    assert b"dke-decrypt" in text


async def _opens_with(world, bits):
    office = await Office(world).open(f"rsa-{bits}")
    public, path = await office.public()
    assert public.key_size == bits
    opened = await office.open_document(public.encrypt(SECRET, SHA256), path, office.token())
    assert b64decode(opened.json["value"]) == SECRET


@in_folk
async def test_a_key_of_3072_bits(world):
    await _opens_with(world, 3_072)


@pytest.mark.slow
@in_folk
async def test_a_key_of_4096_bits(world):
    await _opens_with(world, 4_096)


@in_folk
async def test_a_decryption_that_finds_the_bench_full_or_gone_leaves_no_answer(world):
    office = await Office(world).open()
    public, path = await office.public()
    sealed = public.encrypt(SECRET, SHA256)
    o = world.keyroom.opened

    class Full:
        def refuse_if_full(self):
            raise Refusal("bench-full", Kind.LIMITED)

        def let_go(self):
            pass

    class Gone(Full):
        def refuse_if_full(self):
            pass

        async def run(self, work):
            raise Refusal("bench-gone", Kind.UNAVAILABLE)

    bench = o.bench
    for other, status in ((Full(), 503), (Gone(), 503)):
        object.__setattr__(o, "bench", other)
        answer = await office.open_document(sealed, path, office.token())
        assert answer.status in {429, status}
        assert b64encode(SECRET) not in answer.body
    object.__setattr__(o, "bench", bench)
    opened = await office.open_document(sealed, path, office.token())
    assert b64decode(opened.json["value"]) == SECRET


@in_folk
async def test_the_process_counts_and_runs_only_where_it_is_switched_on(world):
    from custodes.settings import Settings

    assert "dke" not in wanted(Settings())
    assert "dke" in wanted(Settings(dke_port=8444))
    counts = PlaneMeters(world.clock)
    app = process._app(world.keyroom, Settings(dke_port=8444), counts)
    assert (await driven(app, "GET", "/nope")).status == 404
