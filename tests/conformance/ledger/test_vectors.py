"""The committed vectors are what the code makes today: a stored format may not change unseen."""

import importlib.util
import json
from pathlib import Path

import pytest

from custodes.kernel.canonical import unb64
from custodes.kernel.refusal import Refusal
from custodes.ledger import checkpoint, cosign
from custodes.ledger.note import Vkey

VECTORS = Path(__file__).parents[2] / "vectors"
_spec = importlib.util.spec_from_file_location("make_ledger", VECTORS / "make_ledger.py")
make_ledger = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_ledger)


@pytest.mark.parametrize("name", make_ledger.VECTORS)
def test_the_vectors_are_what_the_code_makes(name):
    committed = (VECTORS / "ledger" / f"{name}.json").read_text()
    assert make_ledger.text_of(make_ledger.VECTORS[name]()) == committed


def test_the_kept_mldsa_signatures_hold_and_no_changed_one_does():
    kept = json.loads((VECTORS / "ledger" / "mldsa44.json").read_text())
    keys = [Vkey.parse(text) for text in kept["vkeys"]]
    raw = kept["checkpoint"].encode()
    verified = cosign.verify(raw, keys, kept["origin"])
    assert [line.sig_type for line in verified.lines] == [1, 6, 6]
    assert cosign.mldsa44_message("w1.example", verified.checkpoint, verified.lines[2].cosigned_at) == unb64(
        kept["message"]
    )
    other = checkpoint.Checkpoint(origin=kept["origin"], size=12, root=verified.checkpoint.root)
    swapped = kept["checkpoint"].replace(verified.checkpoint.text(), other.text()).encode()
    with pytest.raises(Refusal):
        cosign.verify(swapped, keys[1:], kept["origin"])
