import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, merkle
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.ledger.watch import witnessing
from custodes.ledger.watch.witnessing import Seen, Submission
from fakes.ledger import AT, head, leaves, log_mldsa, log_signer, witness

HASHES = leaves(300)
ROOTS = {size: merkle.root_of(HASHES[:size]) for size in (0, 5, 256, 300)}


def proof(old, new):
    return tuple(merkle.consistency_proof(merkle.reader_of(HASHES[:new]), old, new))


def note(size, *signers):
    return cosign.publish(head(HASHES[:size]), signers or [log_signer()], AT).encode()


def test_a_submission_has_one_spelling():
    made = Submission(old=5, proof=proof(5, 300), note=note(300))
    assert witnessing.parse(made.encode()) == made
    assert witnessing.parse(Submission(old=0, proof=(), note=note(5)).encode()).old == 0


@pytest.mark.parametrize(
    "head_lines",
    [
        b"",
        b"old",
        b"old 05",
        b"old -1",
        b"old 5 ",
        b"Old 5",
        b"old 9223372036854775808",
        b"old 5\n!!!!",
        b"old 5\nAAAA",
        b"old 5\n" + b"\n".join([b"A" * 43 + b"="] * 64),
        "old \u0665".encode(),
    ],
)
def test_anything_else_is_no_submission(head_lines):
    with pytest.raises(Refusal, match="bad-submission"):
        witnessing.parse(head_lines + b"\n\n" + note(5))


def test_one_without_an_empty_line_and_one_too_long():
    for raw in (b"old 5\n" + note(5).replace(b"\n\n", b"\n"), b"old 5\n\n" + bytes(2**20)):
        with pytest.raises(Refusal, match="bad-submission"):
            witnessing.parse(raw)


def test_the_origin_is_the_first_line():
    assert witnessing.origin_of(note(5)) == head(HASHES).origin
    for raw in (b"", b"no line", b"\nx", b"\xff\n", b"a\x00b\n"):
        with pytest.raises(Refusal, match="bad-submission"):
            witnessing.origin_of(raw)


def test_a_log_with_either_key_or_both_is_opened():
    both = (log_signer().vkey, log_mldsa().vkey)
    for signers in ([log_signer()], [log_mldsa()], [log_signer(), log_mldsa(), witness("w1")]):
        assert witnessing.opened(note(300, *signers), both).size == 300


def test_a_key_with_another_name_than_the_origin_will_do():
    foreign = cosign.NoteSigner("sum.example.org", log_signer()._signer._key)
    text = head(HASHES[:5]).text()
    raw = cosign.Note(text=text, signatures=(foreign.sign(text),)).encode()
    assert witnessing.opened(raw, (foreign.vkey,)).size == 5


def test_who_did_not_sign_is_refused():
    with pytest.raises(Refusal, match="not-signed-by-log"):
        witnessing.opened(note(5, witness("w1")), (log_signer().vkey,))
    flipped = bytearray(note(5))
    flipped[-10] ^= 1
    with pytest.raises(Refusal):
        witnessing.opened(bytes(flipped), (log_signer().vkey,))


def test_an_empty_tree_has_the_empty_root():
    good = note(0)
    assert witnessing.opened(good, (log_signer().vkey,)).root == EMPTY_ROOT
    bad = good.replace(good.split(b"\n")[2], b"A" * 43 + b"=")
    with pytest.raises(Refusal, match="bad-empty-root"):
        witnessing.opened(bad, (log_signer().vkey,))


def judged(old, new, *, seen, root=None, path=None):
    submission = Submission(old=old, proof=proof(old, new) if path is None else path, note=b"")
    made = Checkpoint(origin="o", size=new, root=root or ROOTS[new])
    witnessing.judge(submission, made, Seen(size=seen, root=ROOTS[seen]))


def test_a_tree_that_grew_is_cosigned():
    for old, new in ((0, 5), (0, 0), (5, 256), (5, 300), (256, 300), (300, 300)):
        judged(old, new, seen=old)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"old": 300, "new": 5, "seen": 300, "path": ()}, "old-beyond-checkpoint"),
        ({"old": 0, "new": 300, "seen": 5}, "witness-behind"),
        ({"old": 256, "new": 300, "seen": 5}, "witness-behind"),
        ({"old": 5, "new": 5, "seen": 5, "root": bytes(32)}, "other-root"),
        ({"old": 5, "new": 300, "seen": 5, "root": bytes(32)}, "not-consistent"),
        ({"old": 5, "new": 300, "seen": 5, "path": ()}, "not-consistent"),
        ({"old": 0, "new": 300, "seen": 0, "path": (bytes(32),)}, "not-consistent"),
        ({"old": 300, "new": 300, "seen": 300, "path": (bytes(32),)}, "not-consistent"),
    ],
)
def test_a_tree_that_did_not_is_refused(asked, code):
    with pytest.raises(Refusal, match=code) as caught:
        judged(**asked)
    if code == "witness-behind":
        assert caught.value.facts["size"] == 5
