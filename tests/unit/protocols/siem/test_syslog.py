"""A parser nobody here wrote reads every message, whatever the fields hold."""

import warnings

from hypothesis import given
from hypothesis import strategies as st

from custodes.protocols.siem import syslog

from .test_events import Entry

with warnings.catch_warnings():  # its grammar reads regular expressions by a module Python has renamed
    warnings.simplefilter("ignore", DeprecationWarning)
    from syslog_rfc5424_parser import SyslogMessage


def parsed(entry):
    raw = syslog.rendered(entry)
    assert len(raw) <= syslog.MESSAGE_BYTES_MAX
    assert b"\n" not in raw
    return SyslogMessage.parse(raw.decode()).as_dict()


def test_a_message():
    message = parsed(Entry(fields={"house": "hse_1", "actor": "crd_1", "reason": 'a "b" [c] \\d'}))
    assert (message["facility"], message["severity"]) == ("audit", "info")
    assert (message["hostname"], message["appname"], message["msgid"]) == ("hse_1", "custodes", "key.unwrap")
    assert message["sd"][syslog.SD_ID]["entry"] == "cus_1/machine:7"
    assert message["sd"][syslog.SD_ID]["actor"] == "crd_1"
    assert syslog.rendered(Entry(fields={"reason": 'x"]\\'})).count(rb"x\"\]\\") == 1


def test_a_kill_weighs_more_than_a_use():
    assert parsed(Entry(act="kill"))["severity"] == "err"


@given(st.dictionaries(st.sampled_from(("house", "ticket", "reason", "prefix")), st.text(max_size=600)))
def test_nothing_in_a_field_breaks_out_of_it(fields):
    message = parsed(Entry(fields=dict(fields)))
    assert message["sd"][syslog.SD_ID]["index"] == "7"
    assert set(message["sd"]) == {syslog.SD_ID}


def test_what_is_too_long_is_cut_and_said_so():
    message = parsed(Entry(fields={"reason": "x" * 600}))
    assert message["sd"][syslog.SD_ID]["cut"] == "true"
    many = {f"field_{n}": "y" * 500 for n in range(40)}
    assert parsed(Entry(fields=many))["sd"][syslog.SD_ID]["cut"] == "true"


def test_a_frame_says_how_long_it_is():
    assert syslog.framed("ä".encode()) == b"2 \xc3\xa4"
