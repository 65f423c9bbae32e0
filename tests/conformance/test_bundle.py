"""A release without a network: built, checked, installed and started where there is nothing but loopback.

Building asks the package index once; everything after it runs in a network namespace of its own.
"""

import os
import shutil
import subprocess
import sys

import pytest

from custodes.kernel import canonical
from house.tree import ROOT, tool

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
ALONE = ("unshare", "--net", "--map-root-user") if os.geteuid() else ("unshare", "--net")
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
