"""From one release to the next while an application uses keys: two machines with PostgreSQL, one with SQLite.

The next release is this one with one more step of the tables (a column more, as the rule of expand and
contract has it). Each machine has a keyroom and a plane of its own; the application asks one and, when it
gets no answer, once the other, as docs/runbooks/upgrade.md tells whoever sets up a load balancer.
"""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from custodes.settings import FILE_NAME, load, to_toml
from custodes.store.engine import open_database
from custodes.store.migrate import version
from custodes.store.reads import reading
from fakes.console_house import ConsoleHouse
from fakes.databases import Server, is_here, scratch
from fakes.ports import free_port
from fakes.runbooks import Page, Typed, commands
from house.tree import ROOT

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]
STEP = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("keyroom_lease", sa.Column("release", sa.String(), nullable=True))
"""
WITHIN_S = 60
PAUSE = "systemctl restart custodes-keyroom"  # the page's one command for one machine: no systemd runs here


@pytest.fixture(scope="module")
def following(tmp_path_factory) -> Path:
    """The next release: a tree with one more step."""
    src = tmp_path_factory.mktemp("next") / "src"
    shutil.copytree(ROOT / "src", src, ignore=shutil.ignore_patterns("__pycache__"))
    store = src / "custodes" / "store"
    (store / "migrations" / "versions" / "v0002_release.py").write_text(STEP)
    head = store / "migrate.py"
    head.write_text(head.read_text().replace('HEAD = "0001"', 'HEAD = "0002"'))
    schema = store / "schema.py"
    text = schema.read_text()
    schema.write_text(
        text.replace(
            'Column("ahead", BigInteger),', 'Column("ahead", BigInteger),\n    Column("release", String),'
        )
    )
    assert "release" in schema.read_text()
    return src


class Machine:
    """One folder with a keyroom and a plane; the processes run from whichever tree they are started with."""

    def __init__(self, settings_file: Path) -> None:
        self.file = settings_file
        self.settings = load(settings_file)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, src: Path) -> None:
        """Until it says that it is ready."""
        env = {**os.environ, "PYTHONPATH": str(src)}
        with (self.settings.house / f"{name}.log").open("ab") as said:
            command = [sys.executable, "-m", "custodes.wiring", name, str(self.file)]
            self.running[name] = subprocess.Popen(command, env=env, stdout=said, stderr=said)
        probe = [
            sys.executable,
            "-m",
            "custodes.wiring.meters.probe",
            str(self.settings.meters / f"{name}.sock"),
        ]
        until = time.monotonic() + WITHIN_S
        while subprocess.run([*probe, "/readyz"], env=env, capture_output=True, check=False).returncode:
            assert self.running[name].poll() is None, (self.settings.house / f"{name}.log").read_text()[
                -3000:
            ]
            assert time.monotonic() < until
        if name == "console":
            self.answers()

    def answers(self) -> None:
        until = time.monotonic() + WITHIN_S
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.settings.console_port, timeout=5)
            try:
                connection.connect()
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                connection.close()
                return

    def end(self, name: str) -> None:
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    def close(self) -> None:
        for name in ("console", "keyroom"):
            if name in self.running:
                self.end(name)


class Application:
    """Uses a key without a pause. `tries` is how often it asks for one use, each time the next machine."""

    def __init__(self, house: ConsoleHouse, ports: list[int], tries: int) -> None:
        self.path, self.token = f"/v1/keys/{house.key}/wrap", house.token.token
        self.ports, self.tries = ports, tries
        self.served: list[int] = []
        self.retried = 0
        self.failed: list[str] = []
        self.pauses_ms: list[float] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(3)]

    def __enter__(self) -> "Application":
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for one in self.threads:
            one.join(30)

    def until(self, more: int) -> None:
        """Until so many further uses were served."""
        wanted, until = len(self.served) + more, time.monotonic() + WITHIN_S
        while len(self.served) < wanted:
            assert time.monotonic() < until, self.failed[-3:]
            time.sleep(0.02)

    def _run(self, number: int) -> None:
        at = number
        while not self.over.is_set():
            began, why = time.monotonic(), ""
            for again in range(self.tries):
                port = self.ports[at % len(self.ports)]
                why = self._use(port)
                if not why:
                    self.served.append(port)
                    self.retried += again > 0
                    break
                at += 1
                if len(self.ports) == 1:
                    time.sleep(0.02)
            else:
                self.failed.append(why)
            self.pauses_ms.append((time.monotonic() - began) * 1000)
            at += 1

    def _use(self, port: int) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        body = json.dumps(
            {"message": "aGVsbG8=", "context": "cm93", "purpose": "operation", "reason": "upgrade"}
        )
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        try:
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            return "" if answer.status == 200 else f"{answer.status} {said[:200]!r}"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()


def backups(folder: Path) -> Path:
    """Where backups go."""
    (folder / "backups").mkdir()
    return folder / "backups"


def replace_one_after_the_other(machine: Machine, src: Path) -> None:
    """What the runbook says for one machine."""
    machine.end("console")
    machine.end("keyroom")
    machine.start("keyroom", src)
    machine.start("console", src)


def uses_logged(settings, house: ConsoleHouse) -> int:
    engine = open_database(settings.database, settings.database_url, read_only=True)
    try:
        log = house.customer.log("machine")
        return len(reading(engine, lambda r: r.openings(log, code="key.wrap", limit=1_000_000)))
    finally:
        engine.dispose()


def test_two_keyrooms_are_replaced_under_load_and_no_use_fails(following, tmp_path):
    if not is_here():
        pytest.skip("not judged: PostgreSQL is not installed")
    with scratch() as folder:
        server = Server.found(folder)
        try:
            url = server.database("house")
            house = ConsoleHouse(tmp_path, database_url=url)
            first, second = Machine(house.file), Machine(another(house, tmp_path / "second"))
            try:
                for machine in (first, second):
                    machine.start("keyroom", ROOT / "src")
                    machine.start("console", ROOT / "src")
                ports = [first.settings.console_port, second.settings.console_port]
                page = Page(Typed(first.settings.house), "upgrade", BACKUPS=str(backups(tmp_path)))
                page.does("backup")
                page.does("doctor")  # nothing wrong
                with Application(house, ports, tries=2) as application:
                    application.until(60)
                    replace_one_after_the_other(first, following)
                    assert tables(url) == "0002"
                    page.does("doctor")  # fits, nothing wrong: only now the next machine
                    assert page.left == [PAUSE]
                    before = application.served.count(ports[1])
                    application.until(60)
                    assert (
                        application.served.count(ports[1]) > before
                    )  # the old release goes on over new tables
                    replace_one_after_the_other(second, following)
                    application.until(60)
                assert application.failed == []
                assert set(application.served[-30:]) == set(ports)
                assert uses_logged(first.settings, house) >= len(application.served)
                said = (
                    f"{len(application.served)} uses, {application.retried} asked a second time, none failed"
                )
                sys.stdout.write(f"\n{said}\n")
            finally:
                first.close()
                second.close()
        finally:
            server.stop()


def test_one_machine_pauses_and_loses_nothing(following, tmp_path):
    """SQLite: one keyroom, so there is a pause; who asks again is served, and the log has every answer."""
    house = ConsoleHouse(tmp_path)
    machine = Machine(house.file)
    try:
        machine.start("keyroom", ROOT / "src")
        machine.start("console", ROOT / "src")
        assert commands("upgrade")[-1] == PAUSE
        with Application(house, [machine.settings.console_port], tries=3_000) as application:
            application.until(60)
            machine.end("keyroom")
            machine.start("keyroom", following)
            application.until(60)
        assert application.failed == []
        assert uses_logged(machine.settings, house) >= len(application.served)
        worst = max(application.pauses_ms)
        assert worst > 1  # there is one, and this is how long it was on this machine
        sys.stdout.write(f"\nlongest pause of a use: {worst:.0f} ms over {len(application.served)} uses\n")
    finally:
        machine.close()


def another(house: ConsoleHouse, folder: Path) -> Path:
    """A second machine's settings: its own folders, ports and name; the same database and holder."""
    settings = load(house.file)
    made = msgspec.structs.replace(
        settings,
        keyroom_name="second",
        console_port=free_port(),
        s3_port=free_port(),
        log_port=free_port(),
    )
    folder.mkdir()
    for name in ("keyroom", "logkeeper", "sockets", "meters", "log", "stores"):
        (folder / name).mkdir(mode=0o700)
    (folder / FILE_NAME).write_text(re.sub(r"^house = .*$", "", to_toml(made), flags=re.MULTILINE))
    return folder / FILE_NAME


def tables(url: str) -> str | None:
    engine = open_database(Path(), url, read_only=True)
    try:
        with engine.connect() as connection:
            return version(connection)
    finally:
        engine.dispose()
