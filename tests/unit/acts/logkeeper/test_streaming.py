import pytest

from custodes.acts.logkeeper import streaming
from custodes.acts.logkeeper.keys import NAMES, LogKeys
from custodes.kernel.refusal import Refusal
from custodes.ledger.loss import stream
from custodes.ledger.loss.stream import Part
from fakes import SeededDice

KEYS = LogKeys(**{name: bytes([n]) * 32 for n, name in enumerate(NAMES)})
OTHERS = LogKeys(**{name: bytes([n + 9]) * 32 for n, name in enumerate(NAMES)})
NAMED = ("log.example/house", KEYS)
PARTS = (Part(log="cus-1/machine", first=4, leaves=tuple(bytes([1, n]) + bytes(31) for n in range(9))),)


def test_only_the_logs_own_keys_open_an_epochs_files_in_their_place(monkeypatch):
    monkeypatch.setattr(stream, "FILE_LEAVES_MAX", 4)
    files = streaming.sealed(PARTS, NAMED, 7, SeededDice(1))
    assert len(files) == 3
    found = streaming.opened(files, NAMED, 7)
    assert [leaf for one in found for leaf in one.leaves] == list(PARTS[0].leaves)
    assert [one.first for one in found] == [4, 8, 12]
    for named, epoch in ((("log.example/other", KEYS), 7), ((NAMED[0], OTHERS), 7), (NAMED, 8)):
        with pytest.raises(Refusal, match="wrap-mismatch"):
            streaming.opened(files, named, epoch)
    with pytest.raises(Refusal, match="wrap-mismatch"):
        streaming.opened([files[1], files[0], files[2]], NAMED, 7)
    with pytest.raises(Refusal, match="bad-leaf-stream"):
        streaming.opened(files[:2], NAMED, 7)
    with pytest.raises(Refusal, match="leaf-stream-missing"):
        streaming.opened([], NAMED, 7)
    assert not any(b"cus-1" in raw for raw in files)
