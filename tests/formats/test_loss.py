"""The second reader over leaf-stream, log-gap, backup, fork and veil-seal, sound and tampered."""

import base64
import json

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


GAPS = read_vectors("loss", "gap")
WHOLE = GAPS["files"]["as it should be"]["file"].encode()
OFFICERS = [(name, group, raw(public)) for name, group, public in GAPS["officers"]]


@pytest.mark.parametrize("name", GAPS["files"])
def test_what_a_gap_shows(name):
    case = GAPS["files"][name]
    assert loss.gap(case["file"].encode(), json.loads(GAPS["pins"]), OFFICERS) is case["proven"]


def test_a_gap_tampered_with_shows_nothing():
    pins = json.loads(GAPS["pins"])
    assert loss.first_entry(WHOLE).hex() == GAPS["first_entry"]
    for bad in flipped(WHOLE):
        try:
            assert not loss.gap(bad, pins, OFFICERS)
        except (No, ValueError, KeyError, TypeError):
            continue
    assert not loss.gap(WHOLE, pins, [])


FORKS = read_vectors("ledger", "fork")


@pytest.mark.parametrize("name", FORKS["documents"])
def test_what_evidence_of_a_fork_shows(name):
    case = FORKS["documents"][name]
    assert loss.fork(case["document"].encode(), FORKS["vkey"]) == case["shows"]


BACKUP = read_vectors("custody", "backup")


def test_a_backup_and_every_way_to_damage_it():
    file, root = base64.b64decode(BACKUP["file"]), base64.b64decode(BACKUP["holder_root"])
    generation = BACKUP["generation"]
    now = generation["made_at"]
    plain = b"".join(base64.b64decode(one) for one in BACKUP["plain"])
    assert loss.backup(file, generation, root, now) == plain
    for bad in [*flipped(file), file[:-1], file[:-36], file + b"\0"]:
        with pytest.raises((No, ValueError, KeyError)):
            loss.backup(bad, generation, root, now)
    with pytest.raises(No, match="backup-key-gone"):
        loss.backup(file, generation, root, generation["dies_at"])
    with pytest.raises(No, match="wrap-mismatch"):
        loss.backup(file, generation, bytes(32), now)


VEIL = read_vectors("custody", "veil_seal")


def test_k_auditors_open_a_veil_and_fewer_do_not():
    document, leaf = VEIL["document"].encode(), raw(VEIL["leaf"])
    first = json.loads(VEIL["shown"])["items"][0]
    k = json.loads(document)["k"]
    shares = {n: loss.veil_share(document, raw(seed), n) for n, seed in enumerate(VEIL["seeds"], 1)}
    for text in VEIL["shares"]:
        given = json.loads(text)
        assert shares[given["place"]] == base64.b64decode(given["share"])
    some = dict(list(shares.items())[-k:])
    _, inside = loss.veil_inside(document, some, first, leaf)
    assert [first, *inside["items"]] == json.loads(VEIL["opening"])["items"]
    with pytest.raises(No, match="too-few"):
        loss.veil_inside(document, dict(list(shares.items())[: k - 1]), first, leaf)
    with pytest.raises(No, match="wrap-mismatch"):
        loss.veil_inside(document, dict.fromkeys(some, bytes(32)), first, leaf)
    for bad in flipped(document):
        with pytest.raises((No, ValueError, KeyError)):
            loss.veil_inside(bad, some, first, leaf)
