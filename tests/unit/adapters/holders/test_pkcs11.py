"""A root in a token: SoftHSM is real, so are its faults."""

import logging
import pickle
import shutil
import threading

import msgspec
import pkcs11 as library
import pytest
from pkcs11 import Attribute, KeyType, MechanismFlag

from custodes.adapters.holders import pkcs11
from custodes.adapters.holders.pkcs11 import Pkcs11Holder
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice, softhsm

WHERE = Context(
    house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="cus-a"
)


def code_of(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code, caught.value.kind


@pytest.fixture
def uri():
    return pkcs11.create(softhsm.uri(softhsm.new_token()), softhsm.PIN)


@pytest.fixture
def itself(tmp_path):
    """A holder that finds its own PIN."""
    source = softhsm.pin_file(tmp_path)
    holder = Pkcs11Holder(pkcs11.create(softhsm.uri(softhsm.new_token(), source), b""))
    yield holder
    holder.seal()


def token(uri):
    return pkcs11._token(pkcs11.parse(uri))


def test_the_root_cannot_be_taken_out_and_was_made_inside(uri):
    with token(uri).open(user_pin=softhsm.PIN.decode()) as session:
        (key,) = session.get_objects({Attribute.LABEL: "house-root"})
        assert key[Attribute.NEVER_EXTRACTABLE]
        assert key[Attribute.ALWAYS_SENSITIVE]
        assert key[Attribute.LOCAL]
        with pytest.raises(library.exceptions.AttributeSensitive):
            key[Attribute.VALUE]


def test_a_key_that_could_be_taken_out_is_not_used():
    uri = softhsm.uri(softhsm.new_token())
    with token(uri).open(rw=True, user_pin=softhsm.PIN.decode()) as session:
        session.generate_key(
            KeyType.GENERIC_SECRET,
            512,
            label="house-root",
            store=True,
            capabilities=MechanismFlag.SIGN,
            template={Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False},
        )
    holder = Pkcs11Holder(uri)
    assert code_of(holder.unseal, softhsm.PIN) == ("holder-unsafe", Kind.UNAVAILABLE)
    assert holder.is_sealed


def test_no_root_and_two_roots_of_one_name_are_both_refused(uri):
    empty = Pkcs11Holder(softhsm.uri(softhsm.new_token()))
    assert code_of(empty.unseal, softhsm.PIN) == ("holder-key-missing", Kind.UNAVAILABLE)
    with token(uri).open(rw=True, user_pin=softhsm.PIN.decode()) as session:
        session.generate_key(
            KeyType.GENERIC_SECRET, 512, label="house-root", store=True, capabilities=MechanismFlag.SIGN
        )
    assert code_of(Pkcs11Holder(uri).unseal, softhsm.PIN) == ("holder-key-missing", Kind.UNAVAILABLE)


def test_nothing_is_made_over_what_exists(uri):
    assert code_of(pkcs11.create, uri, softhsm.PIN) == ("holder-exists", Kind.CONFLICT)


def test_a_token_that_is_software_is_graded_as_a_file(uri):
    holder = Pkcs11Holder(uri)
    assert holder.grade == "hsm"
    holder.unseal(softhsm.PIN)
    assert holder.grade == "file"
    holder.seal()


def test_the_same_wrong_pin_is_not_tried_twice(uri, monkeypatch):
    holder = Pkcs11Holder(uri)
    assert code_of(holder.unseal, b"0000-0000") == ("wrong-secret", Kind.DENIED)
    asked = []
    monkeypatch.setattr(Pkcs11Holder, "_log_in", lambda *args: asked.append(args))
    assert code_of(holder.unseal, b"0000-0000") == ("wrong-secret", Kind.DENIED)
    assert asked == []


def test_a_service_that_restarts_with_a_wrong_pin_does_not_lock_the_token(tmp_path):
    source = softhsm.pin_file(tmp_path)
    uri = pkcs11.create(softhsm.uri(softhsm.new_token(), source), b"")
    softhsm.pin_file(tmp_path, b"not the pin")
    refused = [code_of(Pkcs11Holder(uri).unseal, b"")[0] for _ in range(20)]
    assert refused == ["wrong-secret"] + ["pin-tries-low"] * 19
    by_hand = Pkcs11Holder(uri)
    by_hand.unseal(softhsm.PIN)  # a person, with the right one: the tries are full again
    by_hand.seal()
    softhsm.pin_file(tmp_path)
    Pkcs11Holder(uri).unseal(b"")


def test_a_locked_token_is_said_to_be_locked_without_a_try(uri, monkeypatch):
    class Locked:
        flags = library.TokenFlag.USER_PIN_LOCKED

    monkeypatch.setattr(pkcs11, "_token", lambda where: Locked())
    assert code_of(Pkcs11Holder(uri).unseal, softhsm.PIN) == ("pin-locked", Kind.LOCKED)


def test_a_lost_session_comes_back_by_the_file_of_the_pin(itself):
    itself.unseal(b"")
    wrapped = itself.wrap(WHERE, b"root", SeededDice(1))
    itself._session.close()
    assert itself.unwrap(WHERE, wrapped) == b"root"


def test_a_lost_session_without_such_a_file_needs_a_person(uri):
    holder = Pkcs11Holder(uri)
    holder.unseal(softhsm.PIN)
    wrapped = holder.wrap(WHERE, b"root", SeededDice(1))
    holder._session.close()
    assert code_of(holder.unwrap, WHERE, wrapped) == ("holder-gone", Kind.UNAVAILABLE)
    assert holder.is_sealed
    holder.unseal(softhsm.PIN)
    assert holder.unwrap(WHERE, wrapped) == b"root"
    holder.seal()


def test_a_token_taken_out_is_gone_and_works_again_when_it_is_back(itself, tmp_path):
    itself.unseal(b"")
    wrapped = itself.wrap(WHERE, b"root", SeededDice(1))
    serial = pkcs11._token(pkcs11.parse(itself.uri)).serial.decode()
    (home,) = [path for path in softhsm.tokens().iterdir() if path.name.replace("-", "").endswith(serial)]
    shutil.move(home, tmp_path / "pulled")
    assert code_of(itself.unwrap, WHERE, wrapped) == ("holder-gone", Kind.UNAVAILABLE)
    assert code_of(itself.probe) == ("holder-gone", Kind.UNAVAILABLE)
    shutil.move(tmp_path / "pulled", home)
    library.lib(
        str(softhsm.MODULE)
    ).reinitialize()  # SoftHSM looks at its folder once, as if it were plugged in
    assert itself.unwrap(WHERE, wrapped) == b"root"


def test_a_module_that_is_none_is_a_holder_that_is_gone(tmp_path):
    (tmp_path / "module.so").write_bytes(b"no library")
    uri = f"pkcs11:token=a;object=b?module-path={tmp_path / 'module.so'}"
    assert code_of(Pkcs11Holder(uri).unseal, b"1234") == ("holder-gone", Kind.UNAVAILABLE)


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_pin_that_others_may_read_is_not_used(tmp_path, mode):
    source = softhsm.pin_file(tmp_path)
    source.chmod(mode)
    holder = Pkcs11Holder(softhsm.uri("never-asked", source))
    assert code_of(holder.unseal, b"") == ("holder-secret-unsafe", Kind.UNAVAILABLE)


def test_no_pin_stands_in_a_log_a_refusal_or_a_repr(uri, caplog):
    caplog.set_level(logging.DEBUG)
    holder = Pkcs11Holder(uri)
    with pytest.raises(Refusal) as caught:
        holder.unseal(b"9753-not-this")
    holder.unseal(softhsm.PIN)
    seen = repr(holder) + str(caught.value) + repr(caught.value.facts) + caplog.text + holder.uri
    seen += "".join(map(repr, (caught.value.__cause__, caught.value.__context__)))
    assert "9753" not in seen
    assert softhsm.PIN.decode() not in seen
    with pytest.raises(TypeError):
        pickle.dumps(holder)
    holder.seal()


def test_a_module_runs_in_a_thread_of_its_own(itself, monkeypatch):
    threads = set()
    sign = Pkcs11Holder._sign

    def signed(self, message):
        threads.add(threading.current_thread())
        return sign(self, message)

    monkeypatch.setattr(Pkcs11Holder, "_sign", signed)
    itself.unseal(b"")
    for _ in range(3):
        itself.wrap(WHERE, b"root", SeededDice(1))
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_another_context_does_not_open_it(itself):
    itself.unseal(b"")
    wrapped = itself.wrap(WHERE, b"root", SeededDice(1))
    moved = msgspec.structs.replace(WHERE, house="hse-b")
    assert code_of(itself.unwrap, moved, wrapped) == ("wrap-mismatch", Kind.BROKEN)
