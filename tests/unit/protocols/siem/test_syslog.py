"""Every message has the grammar of RFC 5424 section 6, whatever the fields hold (tests/ports has rsyslog)."""

import re

from hypothesis import given
from hypothesis import strategies as st

from custodes.protocols.siem import syslog

from .test_events import Entry

MESSAGE = re.compile(
    r"<(?P<pri>[0-9]{1,3})>1 (?P<at>\S+) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) -"
    r" (?P<msgid>[!-~]{1,32}) \[(?P<id>[!-~]{1,32}?)"
    r"(?P<pairs>( [!-~]{1,32}?=\"([^\"\\\]]|\\[\"\\\]])*\")+)\]"
    r" (?P<msg>.*)",
    re.DOTALL,
)
PAIR = re.compile(r' ([!-~]{1,32}?)="((?:[^"\\\]]|\\["\\\]])*)"', re.DOTALL)


def parsed(entry):
    raw = syslog.rendered(entry)
    assert len(raw) <= syslog.MESSAGE_BYTES_MAX
    assert not re.search(rb"[\x00-\x1f\x7f]", raw)
    found = MESSAGE.fullmatch(raw.decode())
    assert found, raw
    assert found["id"] == syslog.SD_ID
    pairs = {name: re.sub(r"\\(.)", r"\1", value) for name, value in PAIR.findall(found["pairs"])}
    return {**found.groupdict(), "facility": int(found["pri"]) // 8, "severity": int(found["pri"]) % 8}, pairs


def test_a_message():
    said, pairs = parsed(Entry(fields={"house": "hse_1", "actor": "crd_1", "reason": 'a "b" [c] \\d'}))
    assert (said["facility"], said["severity"]) == (13, 6)
    assert (said["host"], said["app"], said["msgid"]) == ("hse_1", "custodes", "key.unwrap")
    assert said["at"] == "2026-11-22T08:00:00Z"
    assert pairs["entry"] == "cus_1/machine:7"
    assert pairs["reason"] == 'a "b" [c] \\d'


def test_a_kill_weighs_more_than_a_use():
    assert parsed(Entry(act="kill"))[0]["severity"] == 3


@given(st.dictionaries(st.sampled_from(("house", "ticket", "reason", "prefix")), st.text(max_size=600)))
def test_nothing_in_a_field_breaks_out_of_it(fields):
    _, pairs = parsed(Entry(fields=dict(fields)))
    assert pairs["index"] == "7"
    assert set(pairs) <= {"entry", "index", "cut", *fields}
    for name, value in fields.items():
        assert pairs[name] == re.sub(r"[\x00-\x1f\x7f]", " ", value[:512])


def test_what_is_too_long_is_cut_and_said_so():
    assert parsed(Entry(fields={"reason": "x" * 600}))[1]["cut"] == "true"
    assert "cut" not in parsed(Entry(fields={"reason": "x" * 512}))[1]
    many = {f"field_{n}": "y" * 500 for n in range(40)}
    assert parsed(Entry(fields=many))[1]["cut"] == "true"


def test_a_frame_says_how_long_it_is():
    assert syslog.framed("ä".encode()) == b"2 \xc3\xa4"
