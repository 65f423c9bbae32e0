"""What holds for every secret, every cut and every life of a key."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.custody import envelope, hierarchy, keys
from custodes.custody.envelope import Decryptor, Encryptor
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import KeyState, Verb, VersionState
from custodes.custody.materials.kinds import Use
from custodes.custody.message import Material, unwrap_message, wrap_message
from custodes.custody.wrap import Context, Purpose, unwrap, wrap
from custodes.kernel.limits import SEGMENT_BYTES
from custodes.kernel.refusal import Refusal
from fakes import SeededDice, SetClock

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
contexts = st.builds(
    Context,
    house=words,
    customer=words,
    key=words,
    version=st.integers(0, 2**53 - 1),
    purpose=st.sampled_from(Purpose),
    subject=words,
)
seeds = st.integers(0, 2**63)
FIRST = SEGMENT_BYTES - 16 - envelope.HEADER_BYTES
lengths = st.one_of(
    st.integers(0, 300), st.integers(FIRST - 20, FIRST + 20), st.integers(0, 4 * SEGMENT_BYTES)
)


@given(st.binary(min_size=32, max_size=32), contexts, st.binary(max_size=200), seeds)
def test_a_wrap_opens_in_its_place(kek, context, secret, seed):
    assert unwrap(kek, context, wrap(kek, context, secret, SeededDice(seed))) == secret


@given(contexts, contexts)
def test_two_contexts_never_share_a_spelling(one, two):
    assert (one == two) == (one.canonical() == two.canonical())


@given(contexts, contexts, seeds)
def test_a_wrap_opens_nowhere_else(one, two, seed):
    wrapped = wrap(bytes(32), one, b"secret", SeededDice(seed))
    if one != two:
        with pytest.raises(Refusal, match="wrap-mismatch"):
            unwrap(bytes(32), two, wrapped)


@given(st.binary(max_size=300))
def test_junk_is_refused_as_a_wrap(junk):
    context = Context(house="", customer="", key="", version=0, purpose=Purpose.OBJECT, subject="")
    with pytest.raises(Refusal, match="wrap-mismatch"):
        unwrap(bytes(32), context, junk)


@given(st.binary(max_size=100), st.binary(max_size=100), st.binary(max_size=100), seeds)
def test_a_token_opens_under_its_context_only(message, one, two, seed):
    material = Material(scope=Scope(house="h", customer="c", key="k"), version=1, secret=bytes(32))
    token = wrap_message(material, one, message, SeededDice(seed))
    assert unwrap_message(material, one, token) == message
    if one != two:
        with pytest.raises(Refusal, match="token-mismatch"):
            unwrap_message(material, two, token)


def plain_of(length):
    return (b"0123456789abcdefghijklmnopqrstuvwxyz!" * (length // 37 + 1))[:length]


def cut(raw, cuts):
    """`raw` in pieces of the given sizes, the rest at the end."""
    pieces = []
    for size in cuts:
        pieces.append(raw[:size])
        raw = raw[size:]
    return [*pieces, raw]


@settings(max_examples=60, deadline=None)
@given(
    lengths,
    st.lists(st.integers(0, 2 * SEGMENT_BYTES), max_size=6),
    st.lists(st.integers(0, 90_000), max_size=6),
)
def test_a_stream_comes_back_however_it_is_cut(length, write_cuts, read_cuts):
    plain = plain_of(length)
    writer = Encryptor(bytes(32), b"ad", SeededDice(1))
    cipher = b"".join([*(writer.feed(piece) for piece in cut(plain, write_cuts)), writer.finish()])
    assert len(cipher) == envelope.cipher_length(length)
    reader = Decryptor(bytes(32), b"ad")
    assert b"".join([*(reader.feed(piece) for piece in cut(cipher, read_cuts)), reader.finish()]) == plain


@settings(max_examples=60, deadline=None)
@given(lengths.filter(bool), st.data())
def test_every_range_is_that_range(length, data):
    first = data.draw(st.integers(0, length - 1))
    last = data.draw(st.integers(first, length - 1))
    writer = Encryptor(bytes(32), b"ad", SeededDice(1))
    cipher = writer.feed(plain_of(length)) + writer.finish()
    span = envelope.segment_range(first, last, length)
    reader = Decryptor.at(bytes(32), b"ad", writer.header, span)
    out = reader.feed(cipher[span.cipher_first : span.cipher_last + 1]) + reader.finish()
    assert out == plain_of(length)[first : last + 1]


def read_into(reader, pieces, out):
    for piece in pieces:
        out.append(reader.feed(piece))
    out.append(reader.finish())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3 * SEGMENT_BYTES), st.data())
def test_whatever_comes_out_of_a_damaged_stream_is_a_true_beginning(length, data):
    plain = plain_of(length)
    writer = Encryptor(bytes(32), b"ad", SeededDice(1))
    cipher = bytearray(writer.feed(plain) + writer.finish())
    if data.draw(st.booleans()):
        cipher[data.draw(st.integers(0, len(cipher) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del cipher[data.draw(st.integers(0, len(cipher) - 1)) :]
    reader = Decryptor(bytes(32), b"ad")
    pieces = cut(bytes(cipher), data.draw(st.lists(st.integers(0, 90_000), max_size=4)))
    out: list[bytes] = []
    with pytest.raises(Refusal, match="stream-mismatch"):
        read_into(reader, pieces, out)
    assert plain.startswith(b"".join(out))
    assert sum(map(len, out)) < length


@given(st.integers(0, 2**45))
def test_lengths_invert(length):
    assert envelope.plain_length(envelope.cipher_length(length)) == length
    assert envelope.cipher_length(length + 1) > envelope.cipher_length(length)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 30), min_size=1), st.data(), seeds)
def test_erasure_keeps_exactly_the_survivors(subjects, data, seed):
    dice = SeededDice(seed)
    kek = hierarchy.page_kek(Scope(house="h", customer="c", key="k"), (1, bytes(32)), (1, bytes(32)))
    page = hierarchy.make_page(kek, "pag-a", dice)
    key = hierarchy.open_page(kek, page)
    subject_keys = {
        n: hierarchy.make_subject_key(key, page, f"ver-{n}", Purpose.OBJECT, dice) for n in subjects
    }
    erased = data.draw(st.sets(st.sampled_from(sorted(subjects))))
    fresh, kept = hierarchy.rekey_page(kek, kek, page, [subject_keys[n] for n in subjects - erased], dice)
    after = hierarchy.open_page(kek, fresh)
    assert {
        subject_key.subject: hierarchy.open_subject_key(after, fresh, subject_key) for subject_key in kept
    } == {f"ver-{n}": hierarchy.open_subject_key(key, page, subject_keys[n]) for n in subjects - erased}
    for n in erased:
        with pytest.raises(Refusal, match="wrap-mismatch"):
            hierarchy.open_subject_key(after, fresh, subject_keys[n])


steps = st.lists(st.tuples(st.sampled_from(Verb), st.integers(0, 40), st.integers(0, 400)), max_size=25)


@given(steps)
def test_no_life_of_a_key_breaks_its_rules(walk):
    now = SetClock().now()
    key = keys.create("key-a", "cus-a", ("n", ""), b"m", now)
    scheduled_at = None
    for verb, days, waiting in walk:
        now += timedelta(days=days)
        moved = keys.move(key, verb, now, wrapped=b"m", waiting_days=waiting)
        assert (moved.key is None) != (moved.reason is None)
        if moved.key is None:
            continue
        assert key.state is not KeyState.DESTROYED
        if verb is Verb.SCHEDULE_DESTRUCTION:
            scheduled_at = now
        if verb is Verb.DESTROY:
            assert scheduled_at is not None
            assert now - scheduled_at >= timedelta(days=keys.WAITING_DAYS_MIN)
        key = moved.key
        current = [v for v in key.versions if v.state is VersionState.CURRENT]
        assert [v.n for v in key.versions] == list(range(1, len(key.versions) + 1))
        assert len(current) == (0 if key.state is KeyState.DESTROYED else 1)
        assert (key.destroy_after is None) == (key.state in (KeyState.ACTIVE, KeyState.SUSPENDED))
        assert any(v.wrapped for v in key.versions) == (key.state is not KeyState.DESTROYED)
        assert (keys.usable_for(key, Use.WRAP) is None) == (key.state is KeyState.ACTIVE)
        assert msgspec.structs.asdict(key)["customer"] == "cus-a"
