"""The recipe of docs/operations/keycloak.md, played: a SAML identity through Keycloak into the console.

The realm `directory` stands for the SAML issuer of an organisation, the realm `town` is the broker; behind
the realm `office` lies a real OpenLDAP server. The console is real, the browser is Chromium. What an officer
does is done on the command line, as the page says.
"""

import asyncio
import shutil
import subprocess
import sys
import urllib.request

import msgspec
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import sync_playwright

from custodes.acts.asks.cases import LookCase, OpenCase
from custodes.adapters.file_key import FORMAT, PlainKey
from custodes.cli import main
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.rows import Credential, CredentialKind
from custodes.settings import load, to_toml
from custodes.wiring.local import LocalHouse
from fakes.console_house import ConsoleHouse, apart
from fakes.keycloak import ROOT, Keycloak, distribution
from fakes.slapd import Slapd

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1200)]
TITLE = "Stadt Lindenau"


class KeyHouse(ConsoleHouse):
    """Olga and Anna have a key file each."""

    def _other(self):
        super()._other()
        self.files = {}
        for name in ("olga", "anna"):
            private = Ed25519PrivateKey.generate()
            public = canonical.b64(private.public_key().public_bytes_raw())
            one = self.people[name]
            row = Credential(
                id=new_id("crd", self.dice),
                kind=CredentialKind.FILE_KEY,
                organisation=self.town.id,
                person=one.person.id,
                customer=self.customer.id,
                public=public,
                created_at=to_text(self.clock.now()),
                is_demo=True,
            )
            self._rows.append(("credential", row.id, self.customer.id, row))
            body = PlainKey(format=FORMAT, public=public, seed=canonical.b64(private.private_bytes_raw()))
            file = self.folder / f"{name}.key"
            file.touch(mode=0o600)
            file.write_bytes(canonical.encode(msgspec.to_builtins(body)))
            self.files[name] = str(file)

    def run(self, who, *line):
        """One command as the page has it; its JSON."""
        env = {
            "CUSTODES_FOLDER": str(self.file.parent),
            "CUSTODES_TOKEN": self.people[who].token.token,
            "CUSTODES_KEY_FILE": self.files[who],
        }
        done = CliRunner().invoke(main, [*line, "--json"], env=env)
        assert done.exit_code == 0, done.output
        return canonical.decode(done.stdout.strip().encode())

    def ask(self, ask):
        house = LocalHouse(load(self.file))
        try:
            return house.ask(ask)
        finally:
            house.close()


@pytest.fixture
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not installed: `make deps` does it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def places(tmp_path):
    distribution()
    house = KeyHouse(tmp_path)
    with Keycloak(tmp_path, house.origin) as keycloak:
        settings = load(house.file)
        hosts = (f"localhost:{keycloak.port}",)
        house.file.write_text(to_toml(msgspec.structs.replace(settings, outside_hosts=hosts)))
        with house.running("keyroom", "logkeeper", "console"):
            yield house, keycloak


def entered(page, house, login, *, within=40):
    """Through both realms with the password; what the console shows then."""
    page.goto(f"{house.origin}/account?lang=en")
    for _ in range(within):  # the logkeeper reads the issuer in its own time
        page.get_by_role("link", name=f"Sign in with {TITLE}").click()
        if page.locator("#social-directory").count():
            break
        page.wait_for_timeout(500)
        page.goto(f"{house.origin}/account?lang=en")
    page.locator("#social-directory").click()
    page.locator("#username").fill(login)
    page.locator("#password").fill(f"{login}-of-the-test")
    page.locator("#kc-login").click()
    page.wait_for_load_state("load")


def test_a_saml_identity_with_its_groups_and_its_end(chromium, places, tmp_path):
    house, keycloak = places
    secret = tmp_path / "secret"
    secret.write_text("only-for-the-test\n")
    issuer = in_thread(
        lambda: house.run(
            "olga", "issuer", "add", "--name", TITLE, "--issuer-url", f"{keycloak.url}/realms/town",
            "--client-id", "custodes", "--auth", "client-secret-basic", "--secret-file", str(secret),
            "--role", "approvers=approver", "--role", "clerks=reader", "--no-admit", "--listed",
        )
    )["issuer"]["id"]  # fmt: skip
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    # Somebody the broker knows and nobody here has linked does not get in.
    entered(page, house, "nina")
    assert "has given you no role here" in page.locator("main").inner_text()
    (nina,) = keycloak.users("town", email="nina@town.example")
    assert (nina["firstName"], nina["lastName"]) == ("Nina", "Neu")
    anna = house.people["anna"].person.id
    in_thread(lambda: house.run("olga", "issuer", "link", issuer, nina["id"], anna))
    context.close()

    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    entered(page, house, "nina")
    page.get_by_role("button", name="Sign out").wait_for()
    page.goto(f"{house.origin}/account?lang=en")
    said = page.locator("main").inner_text()
    assert "Anna Wolf" in said
    assert "Approver" in said  # by the group G-Amtsleitung, through SAML, the broker's group and our mapping

    # The directory brings her, and she approves with her own key; a group could not.
    token = tmp_path / "scim"
    in_thread(lambda: house.run("olga", "directory", "token", issuer, "--out", str(token)))
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    user = {"schemas": schemas, "userName": "nina", "externalId": nina["id"], "active": True}
    assert scim(house, token, "POST", "/Users", user)["id"] == anna
    case = in_thread(
        lambda: house.ask(OpenCase(house.people["erik"].token, "lockbox", house.customer.id, form(house)))
    )
    approved = in_thread(lambda: house.run("anna", "case", "approve", case.id, "--yes"))
    assert [one["who"]["person"] for one in approved["approvals"]] == [anna]

    # She is disabled where she is administered, and the directory says so here.
    keycloak.disable("directory", "nina")
    gone = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
    gone["Operations"] = [{"op": "replace", "path": "active", "value": False}]
    scim(house, token, "PATCH", f"/Users/{anna}", gone)
    seen = in_thread(lambda: house.ask(LookCase(house.people["olga"].token, case.id)))
    assert (seen.state, seen.approvals) == ("asked", ())
    page.goto(f"{house.origin}/account?lang=en")
    assert "/sign-in" in page.url  # the session ended with her
    context.close()
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    entered(page, house, "nina")
    assert page.url.startswith(keycloak.url)  # Keycloak itself does not let her through
    context.close()

    # Somebody without a mapped group is nobody here, linked or not.
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    entered(page, house, "otto")
    page.goto(f"{house.origin}/account?lang=en")
    assert "/sign-in" in page.url
    context.close()


@pytest.fixture
def ldap_places(tmp_path):
    """The same without SAML: a real OpenLDAP server is federated into the realm `office`."""
    distribution()
    house = KeyHouse(tmp_path)
    with (
        Slapd(tmp_path) as ldap,
        Keycloak(tmp_path, house.origin, realms=("office",), ldap=ldap.url) as keycloak,
    ):
        settings = load(house.file)
        hosts = (f"localhost:{keycloak.port}",)
        house.file.write_text(to_toml(msgspec.structs.replace(settings, outside_hosts=hosts)))
        with house.running("keyroom", "logkeeper", "console"):
            yield house, keycloak, ldap


def signed_in(chromium, house, login):
    """A fresh browser with the directory's password; its page. Tried again where Keycloak took too long."""
    for _ in range(6):
        page = signed_in_once(chromium, house, login)
        if "sign-in does not answer" not in page.locator("body").inner_text():
            break
    return page


def signed_in_once(chromium, house, login):
    page = chromium.new_context(locale="en-GB").new_page()
    page.goto(f"{house.origin}/account?lang=en")
    for _ in range(40):  # the logkeeper reads the issuer in its own time
        page.get_by_role("link", name=f"Sign in with {TITLE}").click()
        if page.locator("#kc-login").count():
            break
        page.wait_for_timeout(500)
        page.goto(f"{house.origin}/account?lang=en")
    page.locator("#username").fill(login)
    page.locator("#password").fill(f"{login}-of-the-test")
    page.locator("#kc-login").click()
    page.wait_for_load_state("load")
    return page


def leavers(house, keycloak, tmp_path, token):
    """One round of the job of the page: its exit code and what it said."""
    command = [
        sys.executable, str(ROOT / "deploy/keycloak/leavers.py"),
        "--keycloak", keycloak.url, "--realm", "office",
        "--client", "leavers", "--secret-file", str(tmp_path / "secret"), "--console", house.origin,
        "--token-file", str(token),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_people_of_an_ldap_directory_and_their_end(chromium, ldap_places, tmp_path):
    house, keycloak, ldap = ldap_places
    secret = tmp_path / "secret"
    secret.write_text("only-for-the-test\n")
    issuer = in_thread(
        lambda: house.run(
            "olga", "issuer", "add", "--name", TITLE, "--issuer-url", f"{keycloak.url}/realms/office",
            "--client-id", "custodes", "--auth", "client-secret-basic", "--secret-file", str(secret),
            "--role", "G-Amtsleitung=approver", "--role", "G-Sachbearbeitung=reader",
            "--no-admit", "--listed",
        )
    )["issuer"]["id"]  # fmt: skip
    page = signed_in(chromium, house, "nina")
    assert "has given you no role here" in page.locator("main").inner_text()
    (nina,) = keycloak.users("office", username="nina", exact="true")
    anna = house.people["anna"].person.id
    in_thread(lambda: house.run("olga", "issuer", "link", issuer, nina["id"], anna))
    page = signed_in(chromium, house, "nina")
    page.goto(f"{house.origin}/account?lang=en")
    said = page.locator("main").inner_text()
    assert "Anna Wolf" in said
    assert "Approver" in said  # by the group G-Amtsleitung of the directory

    token = tmp_path / "scim"
    in_thread(lambda: house.run("olga", "directory", "token", issuer, "--out", str(token)))
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    (otto,) = keycloak.users("office", username="otto", exact="true")
    ids = {}
    for one in (nina, otto):
        user = {"schemas": schemas, "userName": one["username"], "externalId": one["id"], "active": True}
        ids[one["username"]] = scim(house, token, "POST", "/Users", user)["id"]
    assert ids["nina"] == anna
    case = in_thread(
        lambda: house.ask(OpenCase(house.people["erik"].token, "lockbox", house.customer.id, form(house)))
    )
    approved = in_thread(lambda: house.run("anna", "case", "approve", case.id, "--yes"))
    assert [one["who"]["person"] for one in approved["approvals"]] == [anna]
    assert leavers(house, keycloak, tmp_path, token)[0] == 0
    seen = in_thread(lambda: house.ask(LookCase(house.people["olga"].token, case.id)))
    assert len(seen.approvals) == 1

    # She is taken out of the directory: her approval and her session end with the job's next round.
    ldap.remove("nina")
    code, told = leavers(house, keycloak, tmp_path, token)
    assert (code, f"{anna} has left" in told) == (0, True), told
    seen = in_thread(lambda: house.ask(LookCase(house.people["olga"].token, case.id)))
    assert (seen.state, seen.approvals) == ("asked", ())
    page.goto(f"{house.origin}/account?lang=en")
    assert "/sign-in" in page.url
    assert signed_in(chromium, house, "nina").url.startswith(keycloak.url)

    # A directory that does not answer is no directory without people: nobody leaves for that.
    ldap.stop()
    code, told = leavers(house, keycloak, tmp_path, token)
    assert (code, "has left" in told) == (1, False), told
    assert scim(house, token, "GET", f"/Users/{ids['otto']}", None)["active"] is True


def scim(house, token, method, place, body):
    """What a directory sends; its answer."""
    headers = {
        "authorization": f"Bearer {token.read_text().strip()}",
        "content-type": "application/scim+json",
    }
    url = f"{house.origin}/scim/v2{place}"
    raw = None if body is None else msgspec.json.encode(body)
    request = urllib.request.Request(url, raw, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        said = answer.read()
    return msgspec.json.decode(said) if said else {}


def form(house):
    return canonical.encode(
        {
            "beneficiary": house.people["erik"].token.token.partition(".")[0],
            "resources": [house.key],
            "actions": ["key:use-unwrap"],
            "purpose": "support",
            "reason": "The register cannot be opened.",
            "ticket": "T-4711",
            "bytes_max": 100_000,
        }
    )


def in_thread(work):
    """Playwright's loop owns this thread; what runs a loop of its own goes to another."""

    async def once():
        return await asyncio.to_thread(work)

    return apart(once)
