"""The machine as it is, and as it might be."""

from custodes.acts.asks.running.findings import OK, WARNING
from custodes.wiring.inspecting import machine as module
from custodes.wiring.inspecting.machine import machine, memory_lock


def test_what_is_looked_at():
    found = {one.name: one for one in machine()}
    assert found["python"].state == found["ml-dsa"].state == OK
    for one in found.values():
        assert (one.state == OK) is (one.why == "")


def test_memory_that_may_not_be_locked(monkeypatch):
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(module.resource, "getrlimit", lambda _which: (65_536, 65_536))
    monkeypatch.setattr(module, "_text", lambda _path: "VmLck:\t       0 kB\n")
    assert (memory_lock().state, memory_lock().why) == (WARNING, "not-locked")
    monkeypatch.setattr(module, "_text", lambda _path: "VmLck:\t  260000 kB\n")
    assert memory_lock().state == OK


def test_a_kernel_without_landlock(monkeypatch):
    monkeypatch.setattr(module, "landlock_abi", lambda: 0)
    found = {one.name: one for one in machine()}
    assert found["landlock"].why == "no-landlock"
