"""The units for one machine are valid, shut in, and give each process a user of its own."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from custodes.settings import Settings
from custodes.web.serving.server import MALLOC
from custodes.wiring.processes import OPTIONAL, PROCESSES
from house.tree import ROOT

FOLDER = ROOT / "deploy" / "systemd"
RUN = "/opt/custodes/bin/python -m custodes.wiring"
UNITS = ("custodes-keyroom", "custodes-plane@", "custodes-logkeeper", "custodes-kms")
EXPOSURE_MAX = {"custodes-keyroom": 10, "custodes-plane@": 20, "custodes-logkeeper": 20}  # tenths, of 100
EXPOSURE_MAX |= {"custodes-kms": 10}


README = (FOLDER / "README.md").read_text(encoding="utf-8")
BESIDE = ("/run/custodes", "/run/custodes/front", "/run/custodes/kms")


def settings(unit: str) -> dict[str, list[str]]:
    """Directive -> values, in order, of a unit file."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / f"{unit}.service").read_text(encoding="utf-8").splitlines():
        directive, is_set, value = line.partition("=")
        if is_set and not line.startswith("#"):
            found.setdefault(directive, []).append(value)
    return found


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units with a program that exists here, the plane as an instance."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for path in (*FOLDER.glob("*.service"), *FOLDER.glob("*.target")):
        text = path.read_text(encoding="utf-8").replace("/opt/custodes/bin/python", "/bin/true")
        (tmp_path / path.name.replace("@.", "@s3.")).write_text(text)
    return tmp_path


def analyze(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_units_are_valid(installed: Path):
    files = [str(path) for path in sorted(installed.iterdir())]
    assert len(files) == len(UNITS) + 1
    assert analyze("verify", "--man=no", "--recursive-errors=no", *files) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_shut_in(installed: Path, unit: str):
    path = installed / f"{unit.replace('@', '@s3')}.service"
    code, said = analyze(
        "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE_MAX[unit]}", str(path)
    )
    assert code == 0, said


def test_an_open_unit_is_seen(installed: Path):
    path = installed / "open.service"
    path.write_text("[Service]\nExecStart=/bin/true\n")
    assert analyze("security", "--offline=yes", "--no-pager", "--threshold=20", str(path))[0] != 0


def test_each_process_has_a_user_of_its_own():
    users = {unit: settings(unit)["User"] for unit in UNITS}
    assert sorted(each for (each,) in users.values()) == [
        "custodes-keyroom",
        "custodes-kms",
        "custodes-logkeeper",
        "custodes-plane",
    ]
    made = (FOLDER / "custodes.sysusers.conf").read_text(encoding="utf-8")
    for (user,) in users.values():
        assert f"u {user} " in made
        assert [line.split()[2] for line in made.splitlines() if line.startswith(f"m {user} ")] == [
            "custodes-sockets"
        ]


SHARED = "/var/lib/custodes/meters"  # each process makes one socket here


def folders() -> dict[str, tuple[str, str, str]]:
    """Folder -> mode, user, group."""
    lines = (FOLDER / "custodes.tmpfiles.conf").read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if line.startswith("d "))
    return {path: (mode, user, group) for _, path, mode, user, group, _ in rows}


def test_nobody_reads_the_keyroom():
    keyroom = settings("custodes-keyroom")
    made = folders()
    assert made["/var/lib/custodes/keyroom"] == ("0700", "custodes-keyroom", "custodes-keyroom")
    assert made["/var/lib/custodes/logkeeper"] == ("0700", "custodes-logkeeper", "custodes-logkeeper")
    assert keyroom["PrivateNetwork"] == ["yes"]
    assert keyroom["LimitCORE"] == ["0"]
    for unit in ("custodes-plane@", "custodes-logkeeper", "custodes-kms"):
        assert "/var/lib/custodes/keyroom" in " ".join(settings(unit)["InaccessiblePaths"])


def test_a_unit_writes_what_is_its_own():
    made = folders()
    for unit in UNITS:
        (user,) = settings(unit)["User"]
        for folder in " ".join(settings(unit)["ReadWritePaths"]).split():
            assert folder == SHARED or made[folder][1] == user, (unit, folder)
    mode, user, group = made[SHARED]
    assert (mode, user, group) == ("3770", "root", "custodes-sockets"), "nobody replaces another's socket"


def test_units_start_processes_that_exist():
    house = Path("/var/lib/custodes")
    places = Settings(house=house)
    own = (places.keyroom, places.sockets, places.logkeeper, places.public_log, places.stores)
    own += (places.meters, *BESIDE)
    assert {str(each) for each in own} | {str(house)} == set(folders())
    for process in ("keyroom", "logkeeper", "kms"):
        assert settings(f"custodes-{process}")["ExecStart"] == [
            f"{RUN} {process} /etc/custodes/custodes.toml"
        ]
        assert process in (*PROCESSES, *OPTIONAL)
    assert settings("custodes-plane@")["ExecStart"] == [f"{RUN} %i /etc/custodes/custodes.toml"]
    named = set(re.findall(r"custodes-plane@(\w+)", README))
    assert named == {*PROCESSES, *OPTIONAL} - {"keyroom", "logkeeper", "kms"}


def test_the_kms_plugin_has_no_network_and_its_token_is_nobody_elses():
    unit, made = settings("custodes-kms"), folders()
    assert unit["PrivateNetwork"] == ["yes"]
    assert unit["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert unit["LoadCredential"] == ["kms.token:/etc/custodes/kms.token"]
    assert "/run/credentials/custodes-kms.service/kms.token" in README
    assert made["/run/custodes/kms"] == ("0750", "custodes-kms", "custodes-kms")


def test_only_the_front_reaches_the_socket_on_which_certificates_are_believed():
    mode, user, group = folders()["/run/custodes/front"]
    assert (mode, user, group) == ("2750", "custodes-plane", "custodes-front")
    made = (FOLDER / "custodes.sysusers.conf").read_text(encoding="utf-8")
    assert "g custodes-front " in made
    assert not re.search(r"^m .*custodes-front", made, re.MULTILINE), "an administrator adds the front's user"


def test_planes_keep_what_malloc_has():
    assert settings("custodes-plane@")["Environment"] == [f"{name}={value}" for name, value in MALLOC.items()]


def test_planes_may_use_landlock():
    allowed = " ".join(settings("custodes-plane@")["SystemCallFilter"])
    assert "landlock_restrict_self" in allowed
