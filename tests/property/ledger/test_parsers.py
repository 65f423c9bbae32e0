"""Whatever the bytes, a parser answers with a value that spells itself again, or with a refusal."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.ledger import certificate, checkpoint, note, proof, quorum, receipt, tiles, veil

VECTORS = Path(__file__).parents[2] / "vectors" / "ledger"
NOTES = json.loads((VECTORS / "note.json").read_text())
RECEIPTS = json.loads((VECTORS / "receipt.json").read_text())
CERTIFICATES = json.loads((VECTORS / "certificate.json").read_text())
SEEDS = {
    "note": NOTES["checkpoint"],
    "checkpoint": NOTES["checkpoint"].split("\n\n")[0] + "\n",
    "proof": NOTES["tlog_proof"],
    "receipt": RECEIPTS["proven"]["partial"],
    "certificate": CERTIFICATES["proven"]["no_use_of_key_3"],
    "policy": json.loads(RECEIPTS["pins"])["policy"],
    "path": "tile/3/x001/234.p/9",
}
PARSERS = {
    "note": (note.parse, lambda value: value.encode()),
    "checkpoint": (
        lambda raw: checkpoint.parse(raw.decode("latin-1")),
        lambda value: value.text().encode("latin-1"),
    ),
    "proof": (proof.parse, lambda value: value.encode()),
    "receipt": (receipt.parse, lambda value: value.encode()),
    "certificate": (certificate.parse, lambda value: value.encode()),
    "policy": (quorum.parse, None),
    "path": (
        lambda raw: tiles.parse_tile_path(raw.decode("latin-1")),
        lambda value: tiles.tile_path(*value).encode(),
    ),
}


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_changed_bytes(name, data):
    raw = bytearray(SEEDS[name].encode())
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    parse, write = PARSERS[name]
    try:
        value = parse(bytes(raw))
    except Refusal:
        return
    if write is not None:
        assert write(value) == bytes(raw)


@pytest.mark.parametrize("name", PARSERS)
@given(raw=st.binary(max_size=400))
def test_noise(name, raw):
    code = "bad-nothing"
    try:
        PARSERS[name][0](raw)
    except Refusal as refusal:
        code = refusal.code
    assert code.startswith("bad-")


@given(raw=st.binary(max_size=400))
def test_noise_is_no_veil(raw):
    with pytest.raises(Refusal):
        veil.lift(b"\3" + bytes(32), raw)
