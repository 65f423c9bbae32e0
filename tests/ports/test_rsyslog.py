"""A real rsyslog takes our frames, and reads every field out of them as it was."""

import json
import shutil
import subprocess
import time

import msgspec
import pytest

from custodes.adapters.collectors import collector
from fakes.ports import free_port

CONF = """
module(load="imtcp")
module(load="mmpstrucdata")
global(workDirectory="{folder}" maxMessageSize="16k")
template(name="whole" type="list") {{ property(name="jsonmesg") constant(value="\\n") }}
ruleset(name="take") {{
  action(type="mmpstrucdata" sd_name.lowercase="off")
  action(type="omfile" file="{folder}/out" template="whole")
}}
input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="take")
"""


class Entry(msgspec.Struct, frozen=True):
    index: int
    log: str = "cus_1/exceptional"
    at: str = "2026-11-22T08:00:00Z"
    act: str = "grant.use"
    fields: dict[str, object] = {}


@pytest.fixture
def receiver(tmp_path):
    port = free_port()
    (tmp_path / "conf").write_text(CONF.format(folder=tmp_path, port=port))
    daemon = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin")
    assert daemon, "rsyslog is not installed: tools/deps.py"
    line = [daemon, "-n", "-f", str(tmp_path / "conf"), "-i", str(tmp_path / "pid")]
    running = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield port, tmp_path / "out"
    finally:
        running.terminate()
        running.communicate(timeout=10)


def delivered(port, entries):
    to = collector(f"syslog+tcp://127.0.0.1:{port}", "syslog")
    for _ in range(100):
        try:
            to.deliver(entries)
        except Exception:
            time.sleep(0.1)
        else:
            to.close()
            return
    raise AssertionError("rsyslog never listened")


def lines(out, count):
    for _ in range(100):
        found = out.read_text().splitlines() if out.exists() else []
        if len(found) >= count:
            return [json.loads(line) for line in found]
        time.sleep(0.1)
    raise AssertionError("rsyslog wrote too little")


@pytest.mark.whole
def test_rsyslog_reads_what_we_wrote(receiver):
    port, out = receiver
    fields = {"house": "hse_1", "reason": 'he said "]" \\ and\nwent', "uses": 2, "actor": "crd_ä"}
    delivered(port, [Entry(1, fields=fields), Entry(2, act="kill")])
    first, second = lines(out, 2)
    said = first["$!"]["rfc5424-sd"]["custodes@32473"]
    assert (said["entry"], said["index"], said["uses"]) == ("cus_1/exceptional:1", "1", "2")
    assert said["reason"] == 'he said "]" \\ and went'
    assert said["actor"] == "crd_ä"
    assert (first["hostname"], first["programname"], first["msgid"]) == ("hse_1", "custodes", "grant.use")
    assert (first["syslogfacility"], first["syslogseverity"]) == ("13", "4")
    assert (second["syslogseverity"], second["msg"].strip()) == ("3", "kill done")
    assert first["timereported"].startswith("2026-11-22T08:00:00")
