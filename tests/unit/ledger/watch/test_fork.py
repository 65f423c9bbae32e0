import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, merkle
from custodes.ledger.watch import fork
from custodes.ledger.watch.fork import Proof
from fakes.ledger import AT, ORIGIN, head, leaves, log_mldsa, log_signer, witness

TRUE, FALSE = leaves(9), leaves(9, "false")
KEYS = (log_signer().vkey, log_mldsa().vkey)
SEEN = "2026-11-22T08:00:00Z"


def signed(hashes, *signers):
    return cosign.publish(head(hashes), signers or (log_signer(), log_mldsa()), AT).encode()


def shown(hashes, old):
    return merkle.root_of(hashes[:old]), merkle.consistency_proof(merkle.reader_of(hashes), old, len(hashes))


def test_two_roots_at_one_size_speak_for_themselves():
    made = fork.make((signed(TRUE), signed(FALSE)), seen_at=SEEN, said_by="w1")
    assert fork.judge(made, KEYS) is Proof.PROVEN
    assert fork.judge(fork.parse(made.encode()), KEYS) is Proof.PROVEN
    assert fork.judge(made, [witness("w1").vkey]) is Proof.NOTHING


@pytest.mark.parametrize("turned", [False, True])
def test_at_two_sizes_the_root_between_has_to_be_shown(turned):
    notes = (signed(FALSE[:5]), signed(TRUE))
    notes = notes[::-1] if turned else notes
    assert fork.judge(fork.make(notes, seen_at=SEEN), KEYS) is Proof.SIGNED
    assert fork.judge(fork.make(notes, shown(TRUE, 5), seen_at=SEEN), KEYS) is Proof.PROVEN


def test_two_heads_of_one_tree_prove_nothing():
    one = fork.make((signed(TRUE[:5]), signed(TRUE)), shown(TRUE, 5), seen_at=SEEN)
    assert fork.judge(one, KEYS) is Proof.NOTHING
    same = fork.make((signed(TRUE), signed(TRUE, log_signer())), seen_at=SEEN)
    assert fork.judge(same, KEYS) is Proof.NOTHING


def test_what_was_not_signed_or_not_shown_proves_nothing_more():
    forged = signed(TRUE).replace(str(len(TRUE)).encode(), b"8", 1)
    assert fork.judge(fork.make((forged, signed(TRUE)), seen_at=SEEN), KEYS) is Proof.NOTHING
    wrong = fork.make((signed(FALSE[:5]), signed(TRUE)), (bytes(32), shown(TRUE, 5)[1]), seen_at=SEEN)
    assert fork.judge(wrong, KEYS) is Proof.SIGNED
    elsewhere = cosign.publish(head(TRUE, "b.example"), [log_signer("b.example")], AT).encode()
    made = fork.make((elsewhere, signed(FALSE)), seen_at=SEEN)
    assert fork.judge(made, (*KEYS, log_signer("b.example").vkey)) is Proof.NOTHING


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"format":"custodes.fork/v2"}', b" " * 2_000_000])
def test_one_spelling(raw):
    with pytest.raises(Refusal, match="bad-fork"):
        fork.parse(raw)
    made = fork.make((signed(TRUE), signed(FALSE)), seen_at=SEEN).encode()
    with pytest.raises(Refusal, match="bad-fork"):
        fork.parse(made + b"\n")
    assert ORIGIN.encode() in made
