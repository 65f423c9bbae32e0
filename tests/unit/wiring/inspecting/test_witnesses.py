"""What the doctor says of witnesses, out of the logkeeper's answer; without one, that nobody knows."""

import asyncio
import json

import pytest

from custodes.acts.asks.running.findings import OK, UNKNOWN, WARNING, WRONG
from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.adapters.meter_socket import MeterSocket, Page
from custodes.settings import Settings
from custodes.wiring.inspecting import witnesses as module
from custodes.wiring.inspecting.witnesses import NAME, witnesses


def looked(folder, body, status=200):
    async def run():
        async def page():
            return Page(status=status, body=body)

        settings = Settings(house=folder)
        socket = MeterSocket(settings.meters / "logkeeper.sock", {"/witnesses": page})
        assert await socket.start()
        found = await asyncio.to_thread(lambda: tuple(witnesses(settings)))
        await socket.stop()
        return found

    return asyncio.run(run())


def told(said, signed_age_s=None):
    return {"name": "w1", "said": said, "asked_age_s": 0.0, "signed_age_s": signed_age_s}


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        ("", OK, ""),
        ("witness-gone", WARNING, "witness-unreachable"),
        ("witness-late", WARNING, "witness-unreachable"),
        ("witness-does-not-know-log", WARNING, "witness-refuses"),
        ("witness-lies", WARNING, "witness-refuses"),
        ("witness-unasked", WARNING, "witness-unasked"),
        ("witness-without-address", WARNING, "witness-without-address"),
        ("witness-conflict", WRONG, "witness-conflict"),
        ("witness-behind", WRONG, "witness-conflict"),
    ],
)
def test_each_answer_has_a_meaning(tmp_path, said, state, why):
    (found,) = looked(tmp_path, json.dumps([told(said, 42.4)]).encode())
    assert (found.name, found.state, found.why) == (NAME, state, why)
    assert found.found == f"w1: {said or 'cosigned'}; last 42 s"
    assert NAME in NAMES
    assert not why or why in MEANINGS


def test_one_who_never_cosigned(tmp_path):
    (found,) = looked(tmp_path, json.dumps([told("witness-gone")]).encode())
    assert found.found == "w1: witness-gone; last -"


@pytest.mark.parametrize("body", [b"not json", b'[{"name": 1}]', b'{"name": "w1"}'])
def test_what_is_no_answer_is_not_assessed(tmp_path, body):
    (found,) = looked(tmp_path, body)
    assert (found.state, found.why) == (UNKNOWN, "silent")


def test_nobody_there_and_not_ours(tmp_path, monkeypatch):
    (found,) = witnesses(Settings(house=tmp_path))
    assert (found.state, found.why) == (UNKNOWN, "silent")

    def refuse(*_args):
        raise PermissionError

    monkeypatch.setattr(module, "asked", refuse)
    (found,) = witnesses(Settings(house=tmp_path))
    assert (found.state, found.why) == (UNKNOWN, "not-ours-to-see")


def test_a_house_without_witnesses_has_no_line(tmp_path):
    assert looked(tmp_path, b"[]") == ()
