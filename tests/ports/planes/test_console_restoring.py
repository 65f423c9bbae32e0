"""An export restored in a second installation by the console's pages: begun, sheets handed over, signed."""

import html
import re

import pyrage
import pytest

from custodes.web.console.served import signing
from custodes.web.console.served.stored import adoptions  # noqa: F401 - tested here
from fakes.arriving import HOME
from ports.keyroom.test_restoring import moving, taken
from ports.planes.test_console import Browser, browser_said, passkey_of
from ports.planes.test_console_files import SAME

pytestmark = pytest.mark.whole
AT = f"/objects/{HOME}/adoptions"
SENT = [*SAME, ("content-type", "multipart/form-data; boundary=b")]


def posted(csrf, sheet):
    head = f'--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'
    file = '--b\r\ncontent-disposition: form-data; name="file"; filename="sheet-1.age"\r\n\r\n'
    return (head + file).encode() + sheet + b"\r\n--b--\r\n"


@moving
async def test_what_was_taken_along_arrives_by_pages_alone(first, second):
    (plain,) = await taken(first, second)
    await second.keeping_versions()
    olga = await passkey_of(second, second.olga, "olga")
    browser = Browser(second)
    await browser.sign_in(olga)
    old = re.search(r'value="([^"]+)">old', (await browser.get(AT)).text)[1]
    begun = await browser.post(AT, {"source": old, "prefix": "ignored", "is_export": "yes"})
    assert (begun.status, begun.header("location")) == (303, AT)
    page = await browser.get(AT)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    recipient = re.search(r"age -r (age1[0-9a-z]+)", page.text)[1]
    one = await second.restoration()
    assert (one.recipient, one.prefix) == (recipient, "")

    sealed = pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(recipient)])
    to = f"{AT}/{one.id}/sheets"
    other = pyrage.x25519.Identity.generate().to_public()
    for wrong in (b"no sheet", pyrage.encrypt(plain, [other]), b""):
        answer = await browser.go("POST", to, [posted(csrf, wrong)], SENT)
        assert (answer.status, 'role="alert"' in answer.text) == (400, True)
    assert (await browser.go("POST", to, [posted("0" * 64, sealed)], SENT)).status == 403
    assert (await browser.go("POST", to, [posted(csrf, sealed)[:-20]], SENT)).status == 400
    assert (await second.restoration()).counts == ()

    anna = Browser(second)
    await anna.sign_in(await passkey_of(second, second.anna, "anna"))
    assert (await anna.go("POST", to, [posted(csrf, sealed)], SENT)).status == 403

    body = posted(csrf, sealed)
    assert (await browser.go("POST", to, [body[:150], body[150:]], SENT)).status == 303
    assert (await browser.post(f"{AT}/{one.id}/move", {"verb": "handed"})).status == 303
    assert (await browser.go("POST", to, [body], SENT)).status == 409, "no further sheets"
    page = await browser.post(f"{AT}/{one.id}/move", {"verb": "run"})
    options = html.unescape(re.search(r'data-options="([^"]+)"', page.text)[1])
    challenge = re.search(r'"challenge":"([^"]+)"', options)[1]
    given = {
        "verb": "run",
        "at": re.search(r'name="at" value="([^"]+)"', page.text)[1],
        "credential": browser_said(olga, signing.bytes_of(challenge)),
    }
    assert (await browser.post(f"{AT}/{one.id}/sign", given)).status == 303
    done = await second.worked()
    assert done.state == "done"
    assert (await second.content("a"))[1] == first.bodies["a"]
