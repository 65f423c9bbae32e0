"""The transit adapter against the documented API (a fake of it; the real one is judged in conformance)."""

import logging
import pickle

import msgspec
import pytest

from custodes.adapters.holders.openbao import OpenBaoHolder
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice
from fakes.openbao import ROLE_ID, SECRET_ID, TOKEN, Bao

WHERE = Context(
    house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="cus-a"
)
GONE = ("holder-gone", Kind.UNAVAILABLE)


def code_of(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code, caught.value.kind


@pytest.fixture
def bao(tmp_path):
    server = Bao(tmp_path)
    yield server
    server.close()


@pytest.fixture
def holder(bao):
    made = OpenBaoHolder(bao.uri())
    made.unseal(TOKEN.encode())
    return made


def secret_in(folder, name, text):
    path = folder / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def test_a_wrap_says_which_version_of_the_key_made_it_and_old_ones_open(bao, holder):
    first = holder.wrap(WHERE, b"root", SeededDice(1))
    assert first.startswith(b"\x03vault:v1:")
    bao.rotate()
    second = holder.wrap(WHERE, b"root", SeededDice(1))
    assert second.startswith(b"\x03vault:v2:")
    assert [holder.unwrap(WHERE, one) for one in (first, second)] == [b"root", b"root"]


@pytest.mark.parametrize("field", ["house", "customer", "subject"])
def test_house_customer_and_subject_are_bound(holder, field):
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    moved = msgspec.structs.replace(WHERE, **{field: "other"})
    assert code_of(holder.unwrap, moved, wrapped) == ("wrap-mismatch", Kind.BROKEN)


@pytest.mark.parametrize(
    "wrapped",
    [b"", b"\x03", b"\x01vault:v1:AAAA", b"\x03vault:v0:AAAA", b"\x03vault:v1:../..", b"\x03\xff\xfe"],
)
def test_what_no_engine_made_is_never_sent(bao, holder, wrapped):
    bao.seen.clear()
    assert code_of(holder.unwrap, WHERE, wrapped) == ("wrap-mismatch", Kind.BROKEN)
    assert bao.seen == []


@pytest.mark.parametrize("mood", ["sealed", "standby", "busy", "broken", "garbage", "empty", "no-object"])
def test_an_answer_that_is_none_is_a_holder_that_is_gone(bao, holder, mood):
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    bao.mood = mood
    assert code_of(holder.unwrap, WHERE, wrapped) == GONE
    assert code_of(holder.wrap, WHERE, b"root", SeededDice(1)) == GONE
    bao.mood = ""
    assert holder.unwrap(WHERE, wrapped) == b"root"


def test_a_server_that_is_down_is_gone(bao, holder):
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    holder._client.session.close()
    bao.close()
    assert code_of(holder.unwrap, WHERE, wrapped) == GONE
    assert code_of(holder.probe) == GONE


def test_a_redirect_does_not_carry_the_token_away(bao, holder, monkeypatch):
    asked = []
    send = type(holder._client.session).send
    monkeypatch.setattr(
        type(holder._client.session),
        "send",
        lambda self, request, **more: asked.append(request.url) or send(self, request, **more),
    )
    bao.mood = "standby"
    assert code_of(holder.wrap, WHERE, b"root", SeededDice(1)) == GONE
    assert asked
    assert all(url.startswith(f"https://127.0.0.1:{bao.port}/") for url in asked)


def test_a_server_with_another_certificate_is_gone(bao, tmp_path):
    (tmp_path / "other").mkdir()
    other = Bao(tmp_path / "other")
    uri = bao.uri().replace(str(bao.ca), str(other.ca))
    assert code_of(OpenBaoHolder(uri).unseal, TOKEN.encode()) == GONE
    assert bao.seen == []
    other.close()


def test_the_environment_says_nothing(bao, monkeypatch, tmp_path):
    for name in ("VAULT_TOKEN", "VAULT_ADDR", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/x")
    monkeypatch.setenv("HOME", str(tmp_path))
    secret_in(tmp_path, ".vault-token", "s.of-somebody")
    holder = OpenBaoHolder(bao.uri())
    assert code_of(holder.unseal, b"") == ("wrong-secret", Kind.DENIED)
    holder.unseal(TOKEN.encode())
    assert {headers.get("X-Vault-Token") for _, headers in bao.seen} == {TOKEN}


def test_an_approle_logs_in_by_its_file_and_again_when_the_token_has_lapsed(bao, tmp_path):
    file = secret_in(tmp_path, "secret-id", SECRET_ID)
    holder = OpenBaoHolder(bao.uri(role_id=ROLE_ID, secret_id_file=file))
    assert holder.opens_itself
    holder.unseal(b"")
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    bao.tokens = {TOKEN}
    assert holder.unwrap(WHERE, wrapped) == b"root"
    file.write_text("revoked\n")
    bao.tokens = {TOKEN}
    assert code_of(holder.unwrap, WHERE, wrapped) == ("wrong-secret", Kind.DENIED)


def test_a_token_file_is_read_again_when_the_token_is_not_taken_any_more(bao, tmp_path):
    file = secret_in(tmp_path, "token", TOKEN)
    holder = OpenBaoHolder(bao.uri(token_file=file))
    holder.unseal(b"")
    bao.tokens = {"s.next"}
    file.write_text("s.next\n")
    assert holder.wrap(WHERE, b"root", SeededDice(1))


def test_a_token_given_by_hand_that_lapses_stays_lapsed(bao, holder):
    bao.tokens = set()
    assert code_of(holder.wrap, WHERE, b"root", SeededDice(1)) == ("holder-refuses", Kind.UNAVAILABLE)


def test_little_left_of_a_token_is_renewed_by_the_sign_of_life(bao, holder):
    holder.probe()
    assert bao.renewed == 0
    bao.ttl_s = 100
    holder.probe()
    assert bao.renewed == 1


@pytest.mark.parametrize(
    ("member", "value", "why"),
    [
        ("derived", False, "not-derived"),
        ("exportable", True, "extractable"),
        ("allow_plaintext_backup", True, "extractable"),
        ("convergent_encryption", True, "convergent"),
        ("type", "rsa-4096", "key-type"),
    ],
)
def test_a_key_that_is_not_what_wrap_v3_needs_is_not_used(bao, member, value, why):
    bao.key[member] = value
    with pytest.raises(Refusal) as caught:
        OpenBaoHolder(bao.uri()).unseal(TOKEN.encode())
    assert (caught.value.code, caught.value.facts["why"]) == ("holder-unsafe", why)


def test_a_key_that_is_not_there_is_missing(bao):
    holder = OpenBaoHolder(bao.uri().replace("/house", "/other"))
    assert code_of(holder.unseal, TOKEN.encode()) == ("holder-key-missing", Kind.UNAVAILABLE)


def test_no_token_stands_in_a_log_a_refusal_or_a_repr(bao, holder, caplog):
    caplog.set_level(logging.DEBUG)
    seen = ""
    for mood in ("forbidden", "sealed", "garbage"):
        bao.mood = mood
        with pytest.raises(Refusal) as caught:
            holder.wrap(WHERE, b"plain-customer-root", SeededDice(1))
        seen += repr(caught.value) + repr(dict(caught.value.facts)) + repr(caught.value.__cause__)
    seen += repr(holder) + holder.uri + caplog.text
    assert TOKEN not in seen
    assert "cGxhaW4tY3VzdG9tZXItcm9vdA" not in seen
    with pytest.raises(TypeError):
        pickle.dumps(holder)


@pytest.mark.parametrize("token", [b"s.correct\r\nX-Injected: 1", b"\xff", b"a" * 5_000, "s.größer".encode()])
def test_what_no_header_can_carry_is_no_token(bao, token):
    assert code_of(OpenBaoHolder(bao.uri()).unseal, token) == ("wrong-secret", Kind.DENIED)
    assert bao.seen == []
