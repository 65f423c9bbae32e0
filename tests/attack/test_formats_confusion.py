"""Attacks on the formats: two things that would verify with the same bytes, or one with two readings.

Each is tried on the package and on the second reader (`tests/formats/second`), which shares no code with it.
"""

import hashlib
import json
from itertools import permutations

import msgspec
import pytest

from custodes.acts.asks import documents
from custodes.adapters import file_holder, file_key
from custodes.custody import wrap
from custodes.custody.wrap import Context, Purpose
from custodes.desks import grant
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import certificate, cosign, entry, merkle, note, receipt, slots, veil
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.veil_days import faults
from custodes.parties.rows import Credential, CredentialKind
from custodes.parties.signature import FileKeySignature, RelyingParty, to_sign, verify
from fakes import SeededDice
from fakes.ledger import AT, ORIGIN, SmallHouse, act, ed25519, head, leaves, log_signer, seed, witness
from formats.second import custody as second_custody
from formats.second import people as second_people
from formats.second import receipts as second_receipts
from formats.second import trees as second_trees
from formats.second.spelling import No, b64, write
from formats.vectors import read_vectors

NO = (Refusal, No)
SITE = RelyingParty(id="trustee.example", origins=("https://trustee.example",))


def refused(call, *given):
    try:
        call(*given)
    except NO:
        return True
    return False


# ------------------------------------------------------------------------- one value, two spellings (JSON)
def _respelt(text):
    """The same document, or one that a careless reader takes for it, in other bytes."""
    body = json.loads(text)
    first = sorted(body)[0]
    whole = next((name for name, one in body.items() if type(one) is int), None)
    yield "a space", text.replace(",", ", ", 1)
    yield "a zero byte at the end", text + "\0"
    yield "a byte order mark", "\ufeff" + text
    yield "a member twice", "{" + json.dumps(first) + ":null," + text[1:]
    yield "the same member twice", text[:-1] + f',"{first}":{json.dumps(body[first])}}}'
    yield "an escape", text.replace(f'"{first}"', f'"\\u{ord(first[0]):04x}{first[1:]}"', 1)
    yield "members out of order", json.dumps(dict(sorted(body.items(), reverse=True)), separators=(",", ":"))
    yield "a member more", write(body | {"zzz": None}).decode()
    yield "a member that no ASCII spells", text[:-1] + ',"\u00e9":1}'
    if whole:
        plain = f'"{whole}":{body[whole]}'
        yield "a point", text.replace(plain, plain + ".0", 1)
        yield "an exponent", text.replace(plain, plain + "e0", 1)
        yield "beyond 53 bits", text.replace(plain, f'"{whole}":9007199254740993', 1)
    yield "deeper than any reader", '{"a":' + "[" * 40 + "]" * 40 + "}"


def _opened_file(module, text, folder):
    path = folder / "file"
    path.write_text(text)
    path.chmod(0o600)
    return module(path)


def _readers(folder):
    receipts, certificates = (read_vectors("ledger", name) for name in ("receipt", "certificate"))
    entries, slot, grants = (
        read_vectors(*at) for at in (("ledger", "entry"), ("ledger", "slots"), ("grant", "grant"))
    )
    pins = receipts["pins"]
    theirs = second_receipts.Pins(pins.encode())
    leaf, veil_leaf = bytes.fromhex(entries[0]["leaf"]), bytes.fromhex(slot["veil_leaf"])
    keys = read_vectors("house", "file_key")[0]["file"]
    return [
        (receipts["proven"]["witnessed"], receipt.parse, lambda raw: second_receipts.receipt(raw, theirs)),
        (
            certificates["proven"]["no_use_of_key_3"],
            certificate.parse,
            lambda raw: second_receipts.certificate(raw, theirs),
        ),
        (pins, receipt.parse_pins, second_receipts.Pins),
        (grants["canonical"], grant.decode, second_people.grant),
        (
            entries[0]["opening"],
            lambda raw: entry.check(leaf, raw),
            lambda raw: second_trees.check_entry(leaf, second_people.read(raw)),
        ),
        (
            slot["veil_opening"],
            lambda raw: veil.lift(veil_leaf, raw),
            lambda raw: second_trees.lift(veil_leaf, raw),
        ),
        (
            keys,
            lambda raw: _opened_file(lambda path: file_key.open_key(path, b""), raw.decode(), folder),
            lambda raw: second_custody.file_key(raw, ""),
        ),
    ]


def test_no_document_has_a_second_spelling(tmp_path):
    for text, ours, second in _readers(tmp_path):
        assert not refused(ours, text.encode()), text[:40]
        assert not refused(second, text.encode()), text[:40]
        for why, other in _respelt(text):
            assert other != text
            assert refused(ours, other.encode()), (why, text[:60])
            assert refused(second, other.encode()), (why, text[:60])


# ---------------------------------------------------------- one signature or hash, two kinds of document
LABELS = (
    b"custodes/sign/v1",
    b"custodes.receipt/v1\n",
    b'["custodes/house-head/v1",',
    b'["custodes/log-ask/v1",',
    b"cosignature/v1\n",
    b"subtree/v1\n\0",
)


def test_nothing_that_is_signed_begins_as_something_else():
    for one, other in permutations(LABELS, 2):
        assert not one.startswith(other)


def test_a_receipt_is_no_checkpoint_and_a_checkpoint_no_receipt():
    key = ed25519("one key for both")
    name = "custodes.receipt/v1"  # a log so named, by a house that wants to use one signature twice
    signer = note.NoteSigner(name, key)
    leaf, at = b"\1" + bytes(32), "2026-11-22T08:00:00Z"
    assert refused(receipt.sequenced, "7", b64(bytes(32)), (0, leaf), at, signer)
    made = receipt.sequenced("hse-7", b64(bytes(32)), (0, leaf), at, signer)
    read_as_one = note.sign(made.text(), [signer]).encode()
    assert refused(cosign.verify, read_as_one, [signer.vkey], name)
    numbered = note.sign(made.text().replace("hse-7", "7"), [signer])  # what it would be good for
    assert not refused(cosign.verify, numbered.encode(), [signer.vkey], name)
    body = json.loads(made.encode())
    lie = write(body | {"house": "7", "signatures": [one.line() for one in numbered.signatures]})
    pins = receipt.Pins(house="7", receipt_keys=(signer.vkey.text(),), policy="quorum none\n")
    parsed = receipt.parse(lie)
    assert refused(parsed.text)
    assert not receipt.is_proven(parsed, receipt.verify(parsed, pins))
    assert refused(second_receipts.receipt, lie, second_receipts.Pins(pins.encode()))
    checkpoint = Checkpoint(origin=name, size=7, root=seed("r"))
    lines = cosign.publish(checkpoint, [cosign.LogSigner(name, key)], AT).signatures
    stolen = msgspec.structs.replace(made, signatures=tuple(one.line() for one in lines))
    pins = msgspec.structs.replace(pins, house="hse-7")
    assert not receipt.is_proven(stolen, receipt.verify(stolen, pins))


def test_a_signature_over_one_paper_is_none_over_another():
    house = "hse-" + "0" * 26
    row = Credential(
        id="crd-1",
        kind=CredentialKind.FILE_KEY,
        organisation="org-1",
        person="per-1",
        public=b64(ed25519("p").public_key().public_bytes_raw()),
        created_at="2026-11-22T08:00:00Z",
    )
    signed = read_vectors("house", "acts")["documents"]
    papers = {name: one["document"].encode() for name, one in signed.items()}
    papers |= {
        name: read_vectors("house", "enrolment")[name]["document"].encode()
        for name in ("organisation", "by_root")
    }
    hashes = {name: hashlib.sha256(raw).digest() for name, raw in papers.items()}
    approval = read_vectors("grant", "grant")["approvals"][0]
    hashes["approval"] = canonical.unb64(approval["digest"])
    hashes["grant"] = canonical.unb64(read_vectors("grant", "grant")["grant_hash"])
    assert len(set(hashes.values())) == len(hashes)
    for one, digest in hashes.items():
        signature = FileKeySignature(credential=row.id, signature=b64(ed25519("p").sign(to_sign(digest))))
        for other, another in hashes.items():
            assert (verify(signature, row, another, SITE) is None) is (one == other)
    # what a person signs for another house, key, kill or moment is another paper
    lifts = {
        documents.lift_document(h, k, target, at)
        for h in (house, "hse-" + "1" * 26)
        for k in ("kil-1", "kil-2")
        for target in (("customer", "c"), ("house", ""), ("provider", "c"))
        for at in ("2026-11-22T08:00:00Z", "2026-11-22T08:00:01Z")
    }
    assert len(lifts) == 24


def test_a_wrap_of_one_version_is_none_of_another():
    context = Context(house="hse-1", customer="", key="", version=0, purpose=Purpose.HOUSE_KEY, subject="mac")
    made = wrap.wrap(bytes(32), context, b"secret", SeededDice(1))
    assert refused(wrap.unwrap, bytes(32), context, b"\2" + made[1:])
    where = msgspec.to_builtins(context)
    for root in (bytes(32), bytes(64)):
        assert refused(second_custody.token_unwrap, root, where, b"\2" + made[1:])
        assert refused(second_custody.token_unwrap, root, where, made)


def test_a_holders_file_is_no_persons_file(tmp_path):
    holder, key = read_vectors("custody", "holder"), read_vectors("house", "file_key")
    for case in holder:
        assert refused(
            lambda case=case: _opened_file(lambda path: file_key.open_key(path, b""), case["file"], tmp_path)
        )
    for case in key:
        path = tmp_path / "other"
        path.write_text(case["file"])
        path.chmod(0o600)
        uri = f"file:{path}" if case["passphrase"] else f"keyfile:{path}"
        opened = file_holder.FileHolder(uri)
        assert refused(opened.unseal, (case["passphrase"] or "").encode())


# -------------------------------------------------------------------- one hash, two places in two trees
def test_a_node_is_no_leaf_and_a_leaf_no_node():
    hashes = leaves(8)
    node = merkle.node_hash(hashes[4], hashes[5])
    raw = b"\1" + hashes[4] + hashes[5]
    assert merkle.leaf_hash(raw) != node
    path = merkle.inclusion_proof(merkle.reader_of(hashes), 4, 8)
    root = merkle.root_of(hashes)
    # a tree of half the size has the same root over the nodes, so the size must be bound elsewhere ...
    assert merkle.verify_inclusion(node, 2, 4, path[1:], root)
    # ... by a checkpoint, a slot leaf or, in the slot tree, the depth in the root
    slot = slots.SlotHead(slot=4, epoch=1, blind=seed("b"), size=1, root=seed("r"), previous=bytes(32))
    tree = slots.build(1, {4: slot.leaf(), 20: seed("other")}, seed("d"))
    way = tree.path(4)
    assert slots.root_from_path(slot.leaf(), 4, way) == tree.root
    above = merkle.node_hash(slot.leaf(), way[0])
    for leaf, place, steps in ((above, 2, way[1:]), (slot.leaf(), 4, way[:-1]), (slot.leaf(), 4 + 32, way)):
        assert slots.root_from_path(leaf, place, steps) != tree.root
        assert second_trees.slot_root_of_path(leaf, place, steps) != tree.root
    wider = slots.build(1, {4: slot.leaf(), 40: seed("other")}, seed("d"))
    assert wider.root != tree.root


def test_one_commitment_is_not_an_entry_and_a_veil():
    made = entry.draft(act(), {"person": "P"}, SeededDice(1))
    daily = veil.make("cus-1", "2026-11-22", [], SeededDice(2))
    assert refused(veil.lift, b"\3" + made.leaf[1:], daily.opening)
    assert refused(entry.check, b"\1" + daily.leaf[1:], made.opening)
    # the items of a veil told as the fields of an entry, and the fields of an entry as items
    items = json.loads(daily.opening)["items"]
    told = {f"f{number:02}": [one[0], one[1]] for number, one in enumerate(items)}
    told["v"] = told.pop("f00")
    assert refused(entry.check, b"\1" + daily.leaf[1:], canonical.encode({"open": told, "shut": {}}))
    opened = json.loads(made.opening)["open"]
    listed = [[salt, name, value] for name, (salt, value) in sorted(opened.items())]
    padded = listed + [listed[0]] * (16 - len(listed))
    lie = canonical.encode({"items": padded, "pad": ""})
    assert refused(veil.lift, b"\3" + made.leaf[1:], lie + b"0" * (-len(lie) % 4096))
    assert refused(veil.lift, b"\3" + merkle.root_of([merkle.leaf_hash(write(one)) for one in padded]), lie)


def test_a_field_is_told_under_one_name_and_one_value():
    fields = act(purpose="archive")
    made = entry.draft(fields, {}, SeededDice(4))
    opening = json.loads(made.opening)
    for change in (
        {"purpose": [opening["open"]["purpose"][0], ["archive"]]},
        {"purpose": [opening["open"]["purpose"][0] + " ", "archive"]},
        {"purpose": ["AAAAAAAAAAAAAAAAAAAAAA==", "archive"]},
    ):
        lie = {"open": opening["open"] | change, "shut": {}}
        assert refused(entry.check, made.leaf, canonical.encode(lie))
        assert refused(second_trees.check_entry, made.leaf, lie)
    swapped = opening["open"] | {"key": opening["open"]["customer"], "customer": opening["open"]["key"]}
    assert refused(entry.check, made.leaf, canonical.encode({"open": swapped, "shut": {}}))


def test_two_veils_of_one_day_are_a_fault_though_both_open():
    first, second = (veil.make("cus-1", "2026-11-22", [], SeededDice(n)) for n in (1, 2))
    lifted = [veil.lift(one.leaf, one.opening) for one in (first, second)]
    assert lifted[0].day == lifted[1].day
    assert refused(veil.lift, first.leaf, second.opening)
    found = faults("cus-1", ("2026-11-22", "2026-11-22"), list(enumerate(lifted)))
    assert [one.code for one in found] == ["veil-doubled"]
    other = faults("cus-2", ("2026-11-22", "2026-11-22"), [(0, lifted[0])])
    assert [one.code for one in other] == ["veil-of-another", "veil-missing"]


# ----------------------------------------------------------------------------------- notes and their names
@pytest.mark.parametrize(
    "name",
    [
        "log.example.org/log ",
        "log.example.org/log\u00a0",
        "log.example.org/\u2003custodes",
        "a+b",
        "",
    ],
)
def test_a_name_that_reads_like_another_is_no_name(name):
    assert refused(note.checked_name, name)


def test_a_line_counts_for_its_own_name_and_kind_only():
    made = cosign.publish(head(leaves(11)), [log_signer(), witness("w1.example")], AT)
    log, own = made.signatures
    stolen = note.Signature(name=ORIGIN, key_id=log.key_id, blob=own.blob)
    renamed = note.Signature(name="w2.example", key_id=own.key_id, blob=own.blob)
    keys = [log_signer().vkey, witness("w1.example").vkey, witness("w2.example").vkey]
    for lines in (
        (stolen,),
        (own,),
        (renamed, own),
        (log, note.Signature(name="w1.example", key_id=own.key_id, blob=log.blob)),
    ):
        raw = note.Note(text=made.text, signatures=lines).encode() if lines else b""
        assert refused(cosign.verify, raw, keys, ORIGIN)
    moved = int.from_bytes(own.blob[:8], "big") + 1
    later = note.Signature(name=own.name, key_id=own.key_id, blob=moved.to_bytes(8, "big") + own.blob[8:])
    assert refused(cosign.verify, note.Note(text=made.text, signatures=(log, later)).encode(), keys, ORIGIN)


def test_a_receipts_lines_cannot_be_moved():
    house = SmallHouse()
    made = entry.draft(act(), {}, SeededDice(1))
    house.append("cus-1/machine", made.leaf)
    good = house.sequenced("cus-1/machine", 0)
    for change in (
        {"log": "cus-1/machine\n0"},
        {"house": f"{good.house}\ncus-1/machine", "log": "0"},
        {"at": good.at + "\n"},
        {"at": "soon"},
    ):
        raw = msgspec.structs.replace(good, **change).encode()
        assert refused(receipt.parse, raw) or not proven(raw, house)
        assert refused(second_receipts.receipt, raw, second_receipts.Pins(house.pins().encode())) or (
            not second_receipts.receipt(raw, second_receipts.Pins(house.pins().encode()))
        )


def proven(raw, house):
    made = receipt.parse(raw)
    return not refused(made.text) and receipt.is_proven(made, receipt.verify(made, house.pins()))


def test_a_head_shown_in_one_epoch_and_taken_back_changes_every_later_leaf():
    def link(epoch, size, name):
        return slots.SlotLink(epoch=epoch, blind=seed(f"b{epoch}"), size=size, root=seed(name))

    honest = slots.follow(5, bytes(32), [link(1, 3, "a"), link(2, 3, "a"), link(3, 4, "b")])
    forked = slots.follow(5, bytes(32), [link(1, 3, "a"), link(2, 4, "fork"), link(3, 4, "fork")])
    assert honest[2] != forked[2]
    with pytest.raises(Refusal):
        slots.follow(5, bytes(32), [link(1, 3, "a"), link(2, 4, "fork"), link(3, 4, "b")])


def test_a_blocks_key_opens_no_epoch_of_another_block_or_slot():
    k = seed("k")
    block = slots.block_key(k, 5, 1)
    shown = {slots.blind(k, 5, epoch) for epoch in (4096, 8191)}
    others = {slots.blind(k, slot, epoch) for slot, epoch in ((5, 4095), (5, 8192), (6, 4096), (4096, 5))}
    assert not shown & others
    assert block not in shown | others | {slots.block_key(k, 1, 5), slots.block_key(k, 5, 0)}
