import hashlib

import pytest

from custodes.kernel.canonical import b64
from custodes.kernel.refusal import Refusal
from custodes.ledger import note
from custodes.ledger.note import NoteSigner, Vkey
from fakes.ledger import ed25519, seed, witness, witness_mldsa

# c2sp.org/signed-note, its own example
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1"
    "Yu72IneyaQM=\n"
).encode()


def refused(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code


def signer(name="house.example/receipts"):
    return NoteSigner(name, ed25519(name))


def test_the_example_of_the_specification():
    (line,) = note.verify(note.parse(EXAMPLE), [Vkey.parse(VKEY)])
    assert (line.name, line.is_checked, line.sig_type) == ("example.com/foo", True, 1)
    assert note.parse(EXAMPLE).encode() == EXAMPLE
    assert Vkey.parse(VKEY).text() == VKEY


def test_every_flipped_bit_of_a_note_is_caught():
    key = [Vkey.parse(VKEY)]
    for at in range(len(EXAMPLE)):
        for bit in range(8):
            bad = bytearray(EXAMPLE)
            bad[at] ^= 1 << bit
            assert refused(lambda raw=bytes(bad): note.verify(note.parse(raw), key)) in {
                "bad-note",
                "bad-signature",
                "no-known-signature",
            }


def test_lines_of_unknown_keys_are_ignored_and_named():
    made = note.sign("text\n", [signer("a"), signer("b")])
    lines = note.verify(made, [signer("b").vkey])
    assert [(line.name, line.is_checked) for line in lines] == [("a", False), ("b", True)]
    assert refused(note.verify, made, [signer("c").vkey]) == "no-known-signature"
    assert refused(note.verify, made, []) == "no-known-signature"


def test_a_known_key_that_fails_spoils_the_note():
    good = note.sign("text\n", [signer("a"), signer("b")])
    bad = note.sign("other\n", [signer("a")]).signatures[0]
    mixed = note.Note(text="text\n", signatures=(bad, good.signatures[1]))
    assert refused(note.verify, mixed, [signer("a").vkey, signer("b").vkey]) == "bad-signature"


def test_same_name_other_id_and_same_id_other_name_are_unknown_keys():
    known = signer("a")
    (real,) = note.sign("text\n", [known]).signatures
    other_id = note.Signature(name="a", key_id=b"\0\0\0\0", blob=real.blob)
    other_name = note.Signature(name="b", key_id=known.vkey.key_id, blob=b"junk")
    lines = note.verify(note.Note(text="text\n", signatures=(other_id, other_name, real)), [known.vkey])
    assert [line.is_checked for line in lines] == [False, False, True]


def test_a_key_id_collision_fails_the_signature_and_two_pinned_ones_are_refused():
    known = signer("a")
    stranger = ed25519("stranger").sign(b"text\n")
    forged = note.Signature(name="a", key_id=known.vkey.key_id, blob=stranger)
    assert (
        refused(note.verify, note.Note(text="text\n", signatures=(forged,)), [known.vkey]) == "bad-signature"
    )

    class Colliding(Vkey, frozen=True, kw_only=True):
        @property
        def key_id(self):
            return known.vkey.key_id

    twin = Colliding(name="a", sig_type=1, public=seed("twin"))
    made = note.sign("text\n", [known])
    assert refused(note.verify, made, [known.vkey, twin]) == "ambiguous-key"
    assert note.verify(made, [known.vkey, known.vkey])[0].is_checked


def test_sixteen_and_more_signatures_also_long_ones():
    many = note.sign("text\n", [signer(f"w{i}") for i in range(40)])
    long = note.Signature(name="pq", key_id=b"abcd", blob=b"x" * 2428)
    made = many.with_signatures([long] * 2)
    assert len(made.signatures) == 41
    raw = note.Note(text="text\n", signatures=many.signatures + (long,) * 40).encode()
    assert sum(line.is_checked for line in note.verify(note.parse(raw), [signer("w39").vkey])) == 1
    flood = note.Note(text="text\n", signatures=many.signatures * 3).encode()
    assert refused(note.parse, flood) == "bad-note"


def test_a_cosigners_key_does_not_sign_plain_notes():
    for one in (witness("w"), witness_mldsa("w")):
        line = note.Signature(name="w", key_id=one.vkey.key_id, blob=b"x" * 72)
        assert (
            refused(note.verify, note.Note(text="text\n", signatures=(line,)), [one.vkey]) == "bad-signature"
        )


SIG = b64(b"abcd" + bytes(64))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        f"text\n\u2014 a {SIG}\n".encode(),
        f"text\n\n\u2014 a {SIG}".encode(),
        f"text\n\n- a {SIG}\n".encode(),
        f"text\n\n\u2014  {SIG}\n".encode(),
        f"text\n\n\u2014 a+b {SIG}\n".encode(),
        f"text\n\n\u2014 a\u2003b {SIG}\n".encode(),
        f"text\n\n\u2014 a  {SIG}\n".encode(),
        f"text\n\n\u2014 a {SIG} \n".encode(),
        f"text\n\n\u2014 a {SIG[:-1]}\n".encode(),
        "text\n\n\u2014 a YWJjZA==\n".encode(),
        f"text\r\n\n\u2014 a {SIG}\n".encode(),
        f"te\0xt\n\n\u2014 a {SIG}\n".encode(),
        b"\xff" + f"text\n\n\u2014 a {SIG}\n".encode(),
        f"text\n\n\u2014 {'n' * 256} {SIG}\n".encode(),
        b"x" * 600_000 + f"\n\n\u2014 a {SIG}\n".encode(),
    ],
)
def test_another_form_is_refused(raw):
    assert refused(note.parse, raw) == "bad-note"


def test_text_may_hold_empty_lines():
    raw = f"a\n\nb\n\n\u2014 a {SIG}\n".encode()
    assert note.parse(raw).text == "a\n\nb\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY[:-1],
        VKEY + "+",
        "+" + VKEY.split("+", 1)[1],
        "a b+" + VKEY.split("+", 1)[1],
        VKEY.replace("+Aeky", "+Beky"),
        "x\ud800+00000000+AAAA",
    ],
)
def test_another_vkey_is_refused(text):
    assert refused(Vkey.parse, text) == "bad-vkey"


def test_a_vkey_of_another_type_is_refused():
    body = bytes([2]) + bytes(32)
    key_id = hashlib.sha256(b"a\n" + body).hexdigest()[:8]
    assert refused(Vkey.parse, f"a+{key_id}+{b64(body)}") == "bad-vkey"


@pytest.mark.parametrize("text", ["", "no end", "a\r\n", "\ud800\n"])
def test_what_is_not_note_text_is_not_signed(text):
    assert refused(signer().sign, text) == "bad-note"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "x" * 256])
def test_what_is_not_a_name_gets_no_signer(name):
    assert refused(signer, name) == "bad-name"


def test_a_public_key_that_is_no_point_signs_nothing():
    assert not note.signature_holds(Vkey(name="a", sig_type=1, public=b"\xff" * 32), bytes(64), b"m")
    assert not note.signature_holds(Vkey(name="a", sig_type=6, public=bytes(3)), bytes(64), b"m")
