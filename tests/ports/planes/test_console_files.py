"""Files through the console: who may, what a name can do, what stops them; the stores are a dict."""

from urllib.parse import urlencode

import pytest

from custodes.acts.asks import Session
from custodes.acts.asks.buckets.bounds import SetBucketBounds
from custodes.acts.asks.objects import StillOpen
from custodes.acts.asks.parties import SignOut
from custodes.kernel.refusal import Refusal
from custodes.web.console.served.files import bringing, fetching, naming  # noqa: F401 - tested here
from custodes.web.kit.forms import csrf_token
from fakes.folk import FolkWorld
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld
from ports.planes.test_console import SAME, Browser, passkey_of

pytestmark = pytest.mark.whole
MIB = 1_048_576
AT = f"/objects/{BUCKET}"


class Town(FolkWorld, ObjectWorld):
    """People and a bucket."""


async def seat(world, name):
    browser = Browser(world)
    await browser.sign_in(await passkey_of(world, getattr(world, name), name))
    return browser


def token(browser):
    return ("x-form-token", csrf_token(browser.cookies["session"]))


async def send(browser, name, body, *, headers=(), given=None, **query):
    chunks = body if isinstance(body, list) else [body]
    sent = [*SAME, given or token(browser), ("content-length", str(sum(map(len, chunks)))), *headers]
    return await browser.go("POST", f"{AT}/files?{urlencode({'name': name, **query})}", chunks, sent)


async def fetch(browser, name, version=""):
    return await browser.post(f"{AT}/object/content", {"name": name, "version": version})


@lived(lambda folder: Town(folder).settle_objects())
async def test_an_owner_brings_a_file_and_its_application_reads_it(world):
    olga = await seat(world, "olga")
    page = await olga.get(AT)
    assert "data-files" in page.text
    assert page.header("content-security-policy").endswith("; connect-src 'self'")
    assert "connect-src" not in (await olga.get("/objects")).header("content-security-policy")
    body = b"%PDF" + bytes(3 * MIB)
    done = await send(
        olga, "akten/a.pdf", [body[:MIB], body[MIB:]], headers=[("content-type", "application/pdf")]
    )
    assert (done.status, sorted(done.json)) == (200, ["etag", "version"])
    opened = await world.open_get("akten/a.pdf")
    assert (world.unseal(opened), opened.content.content_type) == (body, "application/pdf")
    said = world.entries("object.put")
    assert [one["phase"] for one in said] == ["admission", "outcome"]
    assert said[0]["actor_kind"] == "person"

    again = await send(olga, "akten/a.pdf", b"other")
    assert (again.status, again.json["code"]) == (409, "precondition-failed")
    assert "lies here already" in again.json["text"]
    german = await send(olga, "akten/a.pdf", b"other", lang="de")
    assert "liegt hier schon" in german.json["text"]
    assert (await send(olga, "akten/a.pdf", b"other", replace="true")).status == 200
    assert await world.read("akten/a.pdf") == b"other"


@lived(lambda folder: Town(folder).settle_objects())
async def test_only_a_page_of_this_visit_and_only_who_may(world):
    olga, anna = await seat(world, "olga"), await seat(world, "anna")
    for given in (("x-form-token", "0" * 64), ("x-form-token", ""), token(anna)):
        refused = await send(olga, "a", b"x", given=given)
        assert (refused.status, refused.json["code"]) == (403, "stale-form")
    elsewhere = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), token(olga)]
    refused = await olga.go("POST", f"{AT}/files?name=a", [b"x"], elsewhere)
    assert (refused.status, refused.json["code"]) == (403, "cross-site")
    refused = await olga.go("POST", f"{AT}/files?name=a", [b"x"], [token(olga)])
    assert refused.json["code"] == "cross-site", "silence is a no"
    assert "data-files" not in (await anna.get(AT)).text
    refused = await send(anna, "a", b"x")
    assert (refused.status, refused.json["kind"]) == (403, "denied")
    assert world.entries("denial", "exceptional") + world.entries("denial"), refused.json
    stranger = Browser(world)
    assert (await send(stranger, "a", b"x", given=("x-form-token", ""))).status == 401
    assert await world.names() == []
    assert world.stored == {}


@lived(lambda folder: Town(folder).settle_objects())
async def test_what_does_not_come_whole_or_has_no_room_leaves_nothing(world):
    olga = await seat(world, "olga")
    short = [*SAME, token(olga), ("content-length", "10")]
    refused = await olga.go("POST", f"{AT}/files?name=a", [b"12345"], short)
    assert refused.json["code"] == "body-truncated"
    await world.ask(SetBucketBounds(world.olga.token, BUCKET, "", 1_000, None))
    refused = await send(olga, "a", bytes(2_000))
    assert (refused.status, refused.json["code"]) == (403, "quota-exceeded")
    refused = await send(olga, "x" * 1_025, b"1")
    assert refused.json["code"] == "key-too-long"
    assert "A kill stands" not in (await olga.get(AT)).text
    await world.kill_customer()
    assert (await send(olga, "a", b"1")).status == 423
    assert "A kill stands" in (await olga.get(AT)).text, (
        "a file that broke off is explained where it was asked for"
    )
    assert world.stored == {}


@lived(lambda folder: Town(folder).settle_objects())
async def test_parts_are_sent_again_and_completed_once(world):
    olga = await seat(world, "olga")
    begun = await olga.post(f"{AT}/uploads", {"name": "big", "type": "text/plain"})
    upload = begun.json["upload"]
    first, second = bytes(5 * MIB), b"the end"
    etags = []
    for number, body in ((1, b"y" * 5 * MIB), (1, first), (2, second)):
        done = await send(olga, "big", body, upload=upload, number=number)
        etags.append(done.json["etag"])
    end = {"name": "big", "parts": ",".join(etags[1:])}
    stale = await olga.post(f"{AT}/uploads/{upload}", {**end, "parts": f"{etags[0]},{etags[2]}"})
    assert (stale.status, stale.json["code"]) == (400, "part-invalid")
    done = await olga.post(f"{AT}/uploads/{upload}", end)
    assert done.status == 200
    assert await world.read("big") == first + second
    taken = await olga.post(f"{AT}/uploads", {"name": "big", "type": ""})
    assert (taken.status, taken.json["code"]) == (409, "precondition-failed")
    other = (await olga.post(f"{AT}/uploads", {"name": "big", "type": "", "replace": "yes"})).json["upload"]
    dropped = await olga.post(f"{AT}/uploads/{other}", {"name": "big", "drop": "yes"})
    assert dropped.status == 200
    gone = await send(olga, "big", b"z", upload=other, number=1)
    assert gone.json["code"] == "upload-absent"


@lived(lambda folder: Town(folder).settle_objects())
async def test_without_script_a_form_brings_one_file(world):
    olga = await seat(world, "olga")
    csrf = csrf_token(olga.cookies["session"])

    def form(csrf, *more):
        fields = [("csrf", csrf), ("prefix", "in/"), *more]
        head = "".join(f'--b\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields)
        file = '--b\r\ncontent-disposition: form-data; name="file"; filename="C:\\x\\a b.txt"\r\n'
        return (
            (head + file + "content-type: text/plain\r\n\r\n").encode() + b"plain" * 1_000 + b"\r\n--b--\r\n"
        )

    sent = [*SAME, ("content-type", "multipart/form-data; boundary=b")]
    raw = form(csrf)
    done = await olga.go("POST", f"{AT}/files?prefix=in%2F", [raw[:99], raw[99:]], sent)
    assert (done.status, done.header("location")) == (303, f"{AT}?prefix=in%2F")
    assert await world.read("in/a b.txt") == b"plain" * 1_000
    again = await olga.go("POST", f"{AT}/files?prefix=in%2F", [raw], sent)
    assert again.status == 409
    assert "text/html" in again.header("content-type")
    assert (await olga.go("POST", f"{AT}/files", [form(csrf, ("replace", "yes"))], sent)).status == 303
    assert (await olga.go("POST", f"{AT}/files", [form("0" * 64)], sent)).status == 403
    assert (await olga.go("POST", f"{AT}/files", [form(csrf, ("replace", "yes"))[:-20]], sent)).status == 400


@lived(lambda folder: Town(folder).settle_objects())
async def test_a_download_is_an_attachment_that_runs_nothing(world):
    name = 'in/<b>"x"\nset-cookie: a=b; \u202egpj.ä.html'
    await world.write(name, b"<script>alert(1)</script>" * 100_000)
    world.rita = await world.signer("Rita", world.town, ("reader",))
    rita, olga = await seat(world, "rita"), await seat(world, "olga")
    refused = await fetch(olga, name)
    assert refused.status == 403
    assert "/cases/new/lockbox?about=bkt-" in refused.text
    got = await fetch(rita, name)
    assert got.status == 200
    assert got.body == b"<script>alert(1)</script>" * 100_000
    assert got.header("content-length") == str(len(got.body))
    assert got.header("content-type") == "application/octet-stream"
    assert got.header("x-content-type-options") == "nosniff"
    assert got.header("content-security-policy") == "default-src 'none'; sandbox; frame-ancestors 'none'"
    said = got.header("content-disposition")
    assert said.startswith("attachment; filename=")
    assert not {"\r", "\n", "\u202e"} & set(said)
    assert got.header("set-cookie") is None
    assert (await olga.get(f"{AT}/object/content")).status == 405


@lived(lambda folder: Town(folder).settle_objects())
async def test_a_session_that_ends_ends_what_it_began(world):
    olga = await seat(world, "olga")
    text = olga.cookies["session"]
    session = Session(text + "=" * (-len(text) % 4))
    body = b"z" * 2 * MIB
    opened = await world.open_put("a", body, evidence=session)
    stored = world.seal(opened, body)
    assert (await world.ask(StillOpen(opened.ticket, MIB))).good_ms == 0
    await world.ask(SignOut(session))
    for ask in (world.ask(StillOpen(opened.ticket, MIB)), world.close_put(opened, stored, evidence=session)):
        with pytest.raises(Refusal) as refused:
            await ask
        assert refused.value.code == "not-authenticated"
    assert await world.names() == []


def test_each_folder_of_a_name_has_its_address():
    above, last = naming.folders("a b", "x/y z/..//c")
    assert [name for name, _ in above] == ["x", "y z", "..", "/"]
    assert above[1][1] == "/objects/a%20b?prefix=x%2Fy+z%2F"
    assert last == "c"
    assert naming.folders("b", "x/y/") == ((("x", "/objects/b?prefix=x%2F"),), "y/")
    assert naming.folders("b", "/lead") == ((("/", "/objects/b?prefix=%2F"),), "lead")
    assert naming.folders("b", "plain") == ((), "plain")
    assert len(naming.folders("b", "a/" * 500)[0]) == 12
