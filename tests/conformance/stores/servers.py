"""Real stores of other makers on this machine: Ceph's RGW, Azurite; each is *not judged* if absent.

RGW is Debian's (`make deps`): one monitor, one OSD in memory. Azurite is npm's, below
`.cache/judges/stores`, where the first run puts it. The benchmarks start the same RGW.
"""

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.front import NGINX
from fakes.ports import free_port
from fakes.s3_wire import Wire
from judges import ROOT

KEPT = ROOT / ".cache" / "judges" / "stores"
KEY, SECRET = "conformance", "a-secret-for-the-conformance"
FSID = "6d4f7f60-0000-4000-8000-000000000003"
AZURITE = "azurite@3.35.0"
WITHIN_S = 300  # RGW makes its pools first
CEPH = """
[global]
fsid = {fsid}
mon host = 127.0.0.1:{mon}
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
mon allow pool size one = true
osd objectstore = memstore
memstore device bytes = {room}
osd crush chooseleaf type = 0
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
mon data = {folder}/mon
mon data avail warn = 0
mon data avail crit = 0
osd data = {folder}/osd
ms bind msgr2 = false

[client.rgw]
keyring = {folder}/keyring
rgw frontends = beast endpoint=127.0.0.1:{rgw} tcp_nodelay=1 {front}
{more}
"""

GOOGLE = """
user root;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 0;
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_http_version 1.1;
            proxy_set_header Authorization "";
            add_header x-goog-meta-ticket $upstream_http_x_amz_meta_ticket;
        }}
    }}
}}
"""


@contextlib.contextmanager
def running(command, folder, environment=None):
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def answers(port):
    """Wait until something listens there."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail(f"nothing answers at {port}")


def told(folder, *command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN_S)
    with (folder / "said").open("a") as said:
        said.write(done.stdout + done.stderr)
    assert done.returncode == 0, (command, done.stderr[-500:])
    return done.stdout


@contextlib.contextmanager
def standing(command, folder):
    """A program that is begun again whenever it ends by itself: some tests of others end an older RGW.

    Its processes, the present one last.
    """
    is_over, begun = threading.Event(), []

    def stand():
        while not is_over.is_set():
            with running(command, folder) as process:
                begun.append(process)
                while process.poll() is None and not is_over.wait(0.2):
                    pass

    thread = threading.Thread(target=stand)
    thread.start()
    try:
        yield begun
    finally:
        is_over.set()
        thread.join()


@dataclass(frozen=True)
class Rgw:
    """A running RGW: its port, the processes that serve it, and every gateway begun, the present one last."""

    port: int
    pids: dict[str, int]
    gateways: list[subprocess.Popen[bytes]]


@contextlib.contextmanager
def ceph(folder, *given):
    """A real RGW: its port."""
    with rgw(folder, *given) as found:
        yield found.port


@contextlib.contextmanager
def rgw(folder, more="", users=(("town", KEY, SECRET, ()),), room=4 << 30, front=""):
    """A real RGW. `more`: lines of its section of the configuration; `users`: (id, access key, secret,
    further arguments of `user create`); `room`: bytes of memory it stores in; `front`: more of its frontend.
    """
    programs = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph")
    if not all(map(shutil.which, programs)):
        pytest.skip("not judged: Ceph's RGW is not installed (ceph-mon, ceph-osd, radosgw)")
    for name in ("mon", "osd"):
        (folder / name).mkdir()
    (folder / "keyring").write_text("")
    mon, port = free_port(), free_port()
    conf = folder / "ceph.conf"
    given = {"folder": folder, "fsid": FSID, "more": more, "room": room, "front": front}
    conf.write_text(CEPH.format(mon=mon, rgw=port, **given))
    own, osd = ["-c", str(conf)], "6d4f7f60-0000-4000-8000-000000000004"
    monmap = str(folder / "monmap")
    told(folder, "monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{mon}]", "--fsid", FSID, monmap)
    keyring = ["--keyring", str(folder / "keyring")]
    told(folder, "ceph-mon", *own, "--mkfs", "-i", "a", "--monmap", monmap, *keyring)
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(["ceph-mon", *own, "-i", "a", "-f"], folder))
        told(folder, "ceph", *own, "--connect-timeout", "60", "osd", "new", osd)
        told(folder, "ceph-osd", *own, "-i", "0", "--mkfs", "--osd-uuid", osd)
        store = _osd_up(stack, folder, own)
        gateway = stack.enter_context(standing(["radosgw", *own, "-n", "client.rgw", "-f"], folder))
        answers(port)
        for id_, key, secret, further in users:
            user = ["user", "create", "--uid", id_, "--display-name", id_, *further]
            keys = ["--access-key", key, "--secret-key", secret]
            told(folder, "radosgw-admin", *own, "-n", "client.rgw", *user, *keys)
        yield Rgw(port, {"radosgw": gateway[-1].pid, "osd": store.pid}, gateway)


def _osd_up(stack, folder, own):
    """The OSD, until the monitor has it up: on a busy machine one that boots at once may end by itself."""
    until, osd = time.monotonic() + WITHIN_S, None
    while time.monotonic() < until:
        if osd is None or osd.poll() is not None:
            osd = stack.enter_context(running(["ceph-osd", *own, "-i", "0", "-f"], folder))
        if " 1 up" in told(folder, "ceph", *own, "--connect-timeout", "60", "osd", "stat"):
            return osd
        time.sleep(0.5)
    pytest.fail("the OSD does not come up")


@contextlib.contextmanager
def azurite(folder):
    """Azurite's blob service: its port."""
    program = KEPT / "azurite" / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        _got("azurite", "npm", "install", "--silent", "--prefix", str(KEPT / "azurite"), AZURITE)
    port = free_port()
    place = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    with running([str(program), *place, "--silent", "--skipApiVersionCheck"], folder):
        answers(port)
        yield port


@contextlib.contextmanager
def google(folder):
    """A server for what obstore sends to Google Cloud Storage: a real RGW that lets everybody in, behind
    nginx, which takes the bearer token away and gives the metadata back under Google's name. RGW knows the
    names Google gives its headers.

    Nothing that can be had here is closer: fake-gcs-server 1.56.1 answers 400 to an XML PUT and knows no XML
    multipart upload, and Google's own storage-testbench (e8c8507) has no XML multipart, list or delete. So
    the requests are understood by a server of others; Google's tokens and generations are not judged.
    """
    if NGINX is None:
        pytest.skip("not judged: no nginx to stand before the server (make deps)")
    port = free_port()
    account = {"gcs_base_url": f"http://127.0.0.1:{port}", "disable_oauth": True}
    account |= dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
    (folder / "account.json").write_text(json.dumps(account))
    with ceph(folder) as behind:
        (folder / "nginx.conf").write_text(GOOGLE.format(folder=folder, port=port, behind=behind))
        with running([NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)], folder):
            answers(port)
            wire = Wire(behind, KEY, SECRET)
            assert wire.request("PUT", "/town").status == 200
            everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:*"}
            everybody["Resource"] = ["arn:aws:s3:::town", "arn:aws:s3:::town/*"]
            policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]}).encode()
            assert wire.request("PUT", "/town?policy", policy).status in (200, 204)
            yield port


def _got(name, *command):
    KEPT.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        said = done.stderr[-300:] if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    if said:
        pytest.skip(f"not judged: {name} cannot be had: {Path(command[0]).name}: {said}")
