"""The second reader over the vectors of leaf-stream.md, sound and tampered."""

import pytest

from formats.second import loss
from formats.second.spelling import No
from formats.vectors import flipped, read_vectors

STREAM = read_vectors("loss", "leaf_stream")
raw = bytes.fromhex


@pytest.mark.parametrize("case", STREAM["epochs"], ids=lambda case: str(case["epoch"]))
def test_the_leaves_of_an_epoch(case):
    key, origin, epoch = raw(STREAM["slot_key"]), STREAM["origin"], case["epoch"]
    files = [raw(one) for one in case["files"]]
    wanted = [(log, first, [raw(leaf) for leaf in leaves]) for log, first, leaves in case["parts"]]
    assert loss.leaf_stream(key, origin, epoch, files) == wanted
    for given in ((key, origin, epoch + 1), (key, f"{origin}x", epoch), (bytes(32), origin, epoch)):
        with pytest.raises(No, match="wrap-mismatch"):
            loss.leaf_stream(*given, files)
    for bad in flipped(files[0]):
        with pytest.raises(No):
            loss.leaf_stream(key, origin, epoch, [bad])
    with pytest.raises(No, match="bad-leaf-stream"):
        loss.leaf_stream(key, origin, epoch, files * 2)
