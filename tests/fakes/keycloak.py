"""A real Keycloak on loopback, fetched by Maven, with the realms of the recipe."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from fakes.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
VERSION = "26.0.8"  # the last line of versions that runs on Java 17
REALMS = ROOT / "tests" / "conformance" / "keycloak"
ADMIN = ("admin", "admin-of-the-test")
UP_WITHIN_S = 600


def distribution() -> Path:
    """The unpacked distribution; the test is *not judged* where it cannot be had."""
    cache = ROOT / ".cache" / "judges" / "keycloak"
    home = cache / f"keycloak-{VERSION}"
    if shutil.which("java") is None:
        pytest.skip("not judged: Keycloak needs a Java runtime")
    if not (home / "bin" / "kc.sh").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        _fetch(cache)
        with zipfile.ZipFile(cache / f"keycloak-quarkus-dist-{VERSION}.zip") as packed:
            packed.extractall(cache)
        (home / "bin" / "kc.sh").chmod(0o755)
    return home


def _fetch(cache: Path) -> None:
    """By Maven, because it knows which registry this machine asks."""
    name = f"keycloak-quarkus-dist-{VERSION}.zip"
    maven = shutil.which("mvn")
    if (cache / name).is_file():
        return
    if maven is None:
        pytest.skip("not judged: Keycloak is fetched by Maven, which is not here")
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
    artifact = f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    command = [maven, "-q", "-B", goal, artifact, f"-DoutputDirectory={cache}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not (cache / name).is_file():
        pytest.skip(f"not judged: Keycloak cannot be fetched: {done.stdout.strip()[-200:]}")


class Keycloak:
    """`with Keycloak(folder, console) as keycloak:`; `console` is where the redirect address lies."""

    def __init__(self, folder: Path, console: str, realms=("town", "directory"), **words: str) -> None:
        """`words`: what else of the realm files is put in the place of which example."""
        self.folder, self.console = folder, console
        self.realms, self.words = realms, words
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"

    def __enter__(self) -> "Keycloak":
        home = self.folder / "keycloak"
        shutil.copytree(distribution(), home)
        (home / "data" / "import").mkdir(parents=True)
        for name in self.realms:
            text = (REALMS / f"{name}.json").read_text(encoding="utf-8")
            text = text.replace("https://keycloak.example", self.url)
            text = text.replace("https://console.example", self.console)
            text = text.replace("ldap://directory.example", self.words.get("ldap", ""))
            (home / "data" / "import" / f"{name}.json").write_text(text, encoding="utf-8")
        command = [str(home / "bin" / "kc.sh"), "start-dev", "--import-realm", "--http-host", "127.0.0.1"]
        command += ["--http-port", str(self.port), "--hostname", self.url]
        env = {**os.environ, "JAVA_OPTS_APPEND": "-Xmx640m"}
        env |= {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN[0], "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN[1]}
        with (self.folder / "keycloak.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=env, start_new_session=True)
        until = time.monotonic() + UP_WITHIN_S
        while not self._is_up():
            if self.process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise AssertionError((self.folder / "keycloak.log").read_text()[-3000:])
            time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def users(self, realm: str, **query: str) -> list[dict]:
        """Users as the admin API shows them."""
        return self._admin("GET", f"/admin/realms/{realm}/users?{urlencode(query)}")

    def disable(self, realm: str, username: str) -> None:
        """What an administrator does when somebody leaves."""
        (user,) = self.users(realm, username=username, exact="true")
        self._admin("PUT", f"/admin/realms/{realm}/users/{user['id']}", {**user, "enabled": False})

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(
                f"{self.url}/realms/{self.realms[0]}/.well-known/openid-configuration", timeout=5
            ):
                return True
        except (OSError, urllib.error.HTTPError):
            return False

    def _admin(self, method: str, path: str, body: dict | None = None):
        form = {
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": ADMIN[0],
            "password": ADMIN[1],
        }
        place = f"{self.url}/realms/master/protocol/openid-connect/token"
        with urllib.request.urlopen(place, urlencode(form).encode(), timeout=30) as answer:
            token = msgspec.json.decode(answer.read())["access_token"]
        raw = msgspec.json.encode(body) if body is not None else None
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        request = urllib.request.Request(self.url + path, raw, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = answer.read()
        return msgspec.json.decode(said) if said else None
