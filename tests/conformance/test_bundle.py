"""A release without a network: built, checked, installed and started where there is nothing but loopback.

Building asks the package index once; everything after it runs in a network namespace of its own.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

from conformance.deploy.oci import base
from custodes.kernel import canonical
from house.tree import ROOT, tool

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==[^;\n]+$", re.MULTILINE)  # for every system
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
ALONE = ("unshare", "--net", "--map-root-user") if os.geteuid() else ("unshare", "--net")
DEBIAN_13 = ("trixie", "python3,python3-venv,openssl,ca-certificates")  # Python 3.13
IN_DEBIAN_13 = """
ip link set lo up
mount -t proc proc {root}/proc
mount --bind /dev {root}/dev
mount -t tmpfs tmpfs {root}/tmp
exec chroot {root} sh -eu -c '
sh /srv/custodes-*/install.sh --public {public} /opt/custodes > /dev/null
/opt/custodes/bin/custodes demo --no-tour --folder /tmp/house > /tmp/said 2>&1 & demo=$!
until grep -q "Ctrl-C stops it" /tmp/said; do kill -0 $demo || {{ cat /tmp/said; exit 9; }}; sleep 0.2; done
/opt/custodes/bin/custodes doctor --folder /tmp/house --json
kill -INT $demo
wait $demo'
"""
STARTED = """
ip link set lo up
trap 'kill -INT $demo; wait $demo' EXIT
demo= n=0
until grep -q 'Ctrl-C stops it' {house}.said 2> /dev/null; do
    if [ -z "$demo" ] || ! kill -0 $demo 2> /dev/null; then
        n=$((n + 1)); [ $n -lt 5 ] || {{ cat {house}.said; exit 9; }}
        {bin}/custodes demo --no-tour --folder {house} > {house}.said 2>&1 &
        demo=$!
    fi
    sleep 0.2
done
{bin}/custodes doctor --folder {house} --json
{bin}/python -I - {house} <<'PY'
import sys, tomllib, urllib.request
port = tomllib.load(open(sys.argv[1] + "/custodes.toml", "rb"))["console_port"]
page = urllib.request.urlopen(f"http://localhost:{{port}}/sign-in").read().decode()
style = next(part for part in page.split('"') if "kern.min" in part)
print(len(urllib.request.urlopen(f"http://localhost:{{port}}{{style}}").read()))
try:
    urllib.request.urlopen("http://192.0.2.1/", timeout=3)
except OSError as error:
    print(error.reason.errno)
PY
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The tar, and the public key of whoever signed it."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("not judged: no network namespace can be made here")
    folder = tmp_path_factory.mktemp("bundle")
    custodes = [sys.executable, "-c", "from custodes.cli import main; main()"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    key, out = folder / "key", folder / "custodes.tar"
    subprocess.run([*custodes, "file-key", "new", "--plain", str(key)], env=env, check=True)
    tool("bundle").main([str(out), "--key", str(key), "--python", PYTHON])
    named = subprocess.run(
        [*custodes, "file-key", "public", str(key)], env=env, check=True, capture_output=True, text=True
    )
    return out, named.stdout.strip()


def test_it_installs_and_runs_with_no_network_at_all(bundle, tmp_path):
    out, public = bundle
    subprocess.run(["tar", "xf", str(out), "-C", str(tmp_path)], check=True)
    (folder,) = tmp_path.iterdir()
    opt, house = tmp_path / "opt", tmp_path / "house"
    install = [
        *ALONE,
        "sh",
        str(folder / "install.sh"),
        "--public",
        public,
        "--python",
        sys.executable,
        str(opt),
    ]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    script = STARTED.format(bin=opt / "bin", house=house)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [*ALONE, "sh", "-eu", "-c", script], env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    findings, size, no_route = ran.stdout.strip().splitlines()
    states = {one["name"]: one["state"] for one in canonical.decode(findings.encode())}
    assert {states[name] for name in ("keyroom", "logkeeper", "console", "s3", "log")} == {"ok"}
    assert int(size) > 100_000  # the wheel's own style sheet
    assert int(no_route) == 101  # ENETUNREACH: there really was no network


def test_one_changed_wheel_is_not_installed(bundle, tmp_path):
    out, public = bundle
    subprocess.run(["tar", "xf", str(out), "-C", str(tmp_path)], check=True)
    (folder,) = tmp_path.iterdir()
    wheel = next((folder / "wheels").glob("msgspec*"))
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    install = ["sh", str(folder / "install.sh"), "--public", public, str(tmp_path / "opt")]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, (tmp_path / "opt").exists()) == (1, False)


def test_it_runs_on_debian_13_with_python_3_13(bundle, tmp_path):
    """A root file system of Debian's own packages, entered without a network; nothing of this machine."""
    out, public, key = bundle[0].with_name("debian-13.tar"), bundle[1], bundle[0].with_name("key")
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        pytest.skip("not judged: Debian 13 takes root and mmdebstrap")
    tool("bundle").main([str(out), "--key", str(key), "--python", "3.13"])
    root = tmp_path / "root"
    root.mkdir()
    suite = base(*DEBIAN_13)
    subprocess.run(["tar", "xf", str(suite), "-C", str(root), "--exclude=./dev/*"], check=True)
    subprocess.run(["tar", "xf", str(out), "-C", str(root / "srv")], check=True)
    script = IN_DEBIAN_13.format(root=root, public=public)
    ran = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-eu", "-c", script],
        env={"PATH": os.environ["PATH"], "HOME": "/tmp"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = {one["name"]: one for one in canonical.decode(ran.stdout.strip().encode())}
    assert found["python"]["found"].startswith("3.13.")
    assert {found[name]["state"] for name in ("keyroom", "logkeeper", "console", "s3", "log")} == {"ok"}


def test_a_bundle_for_arm64_has_a_wheel_of_every_package(bundle, tmp_path):
    """By hash, for both Pythons. It is built here, not run: no machine of that kind was at hand."""
    out, key = tmp_path / "arm64.tar", bundle[0].with_name("key")
    tool("bundle").main(
        [str(out), "--key", str(key), "--python", "3.11", "--python", "3.13", "--arch", "aarch64"]
    )
    names = subprocess.run(["tar", "tf", str(out)], capture_output=True, text=True, check=True).stdout.split()
    wheels = [name.rpartition("/")[2] for name in names if name.endswith(".whl")]
    assert not [name for name in wheels if "x86_64" in name]
    lock = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    pinned = {re.sub(r"[-_.]+", "-", name).lower() for name in PINNED.findall(lock)}
    for python in ("cp311", "cp313"):
        fit = [name for name in wheels if "aarch64" not in name or python in name or "abi3" in name]
        there = {re.sub(r"[-_.]+", "-", name.split("-")[0]).lower() for name in fit}
        assert pinned - there == set(), python
