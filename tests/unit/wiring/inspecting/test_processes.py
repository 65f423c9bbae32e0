"""Processes asked at their sockets: ready, not ready, silent; whose they are; ports; no network."""

import asyncio
import socket

import pytest

from custodes.acts.asks.running.findings import OK, UNKNOWN, WARNING, WRONG
from custodes.adapters.meter_socket import MeterSocket, Page
from custodes.settings import Settings
from custodes.wiring.inspecting import processes as module
from custodes.wiring.inspecting.processes import processes
from custodes.wiring.processes import OPTIONAL, PROCESSES


def said(status, body):
    async def page():
        return Page(status=status, body=body)

    return {"/readyz": page}


async def looked(settings, **pages):
    sockets = [MeterSocket(settings.meters / f"{name}.sock", given) for name, given in pages.items()]
    for one in sockets:
        assert await one.start()
    found = await asyncio.to_thread(lambda: tuple(processes(settings)))
    for one in sockets:
        await one.stop()
    return found


def test_each_says_how_it_is(tmp_path):
    settings = Settings(house=tmp_path)
    wrong = said(503, b"writer: the outcome of a commit was unknown\n")
    found = {one.name: one for one in asyncio.run(looked(settings, keyroom=wrong, s3=said(200, b"ready\n")))}
    assert (found["keyroom"].state, found["keyroom"].why) == (WRONG, "not-ready")
    assert "outcome of a commit" in found["keyroom"].found
    assert found["s3"].state == OK
    sealed = said(503, b"seal: the house is sealed\n")
    found |= {"sealed": asyncio.run(looked(settings, keyroom=sealed))[0]}
    assert (found["sealed"].state, found["sealed"].why) == (WRONG, "sealed")
    assert (found["console"].state, found["console"].why) == (WARNING, "silent")
    assert (found["users"].state, found["users"].why) == (WARNING, "one-user")


def test_ports(tmp_path):
    with socket.socket() as there, socket.socket() as gone:
        there.bind(("127.0.0.1", 0))
        there.listen()
        gone.bind(("127.0.0.1", 0))
        ports = {"s3_port": gone.getsockname()[1], "log_port": there.getsockname()[1]}
        settings = Settings(house=tmp_path, console_port=there.getsockname()[1], **ports)
        found = [one.state for one in processes(settings) if one.name == "port"]
    assert found == [OK, WARNING, OK]


def test_wires_that_are_switched_on_are_looked_at_too(tmp_path):
    (tmp_path / "meters").mkdir()
    places = {"xks_socket": str(tmp_path / "xks.sock"), "kms_socket": "kms.sock"}
    with socket.socket(socket.AF_UNIX) as there, socket.socket() as transit:
        there.bind(places["xks_socket"])
        there.listen()
        transit.bind(("127.0.0.1", 0))
        transit.listen()
        settings = Settings(house=tmp_path, transit_port=transit.getsockname()[1], **places)
        found = asyncio.run(looked(settings, xks=said(200, b"ready\n")))
    states = {one.name: one.state for one in found}
    assert (states["xks"], states["transit"], states["kms"]) == (OK, WARNING, WARNING)
    assert "dke" not in states
    ports = {one.found.split()[0]: one.state for one in found if one.name == "port"}
    assert (ports["xks"], ports["transit"], ports["kms"]) == (OK, OK, WARNING)


def test_a_process_without_a_network_does_not_guess(tmp_path, monkeypatch):
    def refuse(*_args, **_more):
        raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr(module.socket, "create_connection", refuse)
    found = [one for one in processes(Settings(house=tmp_path)) if one.name == "port"]
    assert {(one.state, one.why) for one in found} == {(UNKNOWN, "no-network")}


def test_a_socket_that_is_not_ours(tmp_path, monkeypatch):
    def refuse(*_args):
        raise PermissionError

    settings = Settings(house=tmp_path)
    settings.meters.mkdir()
    for name in PROCESSES:
        (settings.meters / f"{name}.sock").touch()
    monkeypatch.setattr(module, "asked", refuse)
    found = {one.name: one.state for one in processes(settings)}
    assert {found[name] for name in PROCESSES} == {UNKNOWN}


@pytest.mark.parametrize("name", [*PROCESSES, *OPTIONAL])
def test_every_process_has_a_name_for_people(name):
    from custodes.acts.asks.running.meanings import NAMES

    assert name in NAMES
