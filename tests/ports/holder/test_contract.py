"""What every Holder does, whoever keeps the root."""

import copy
import pickle

import msgspec
import pytest

from custodes.adapters import file_holder
from custodes.adapters.file_holder import FileHolder
from custodes.adapters.holders import pkcs11
from custodes.adapters.holders.openbao import OpenBaoHolder
from custodes.adapters.holders.pkcs11 import Pkcs11Holder
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice, softhsm
from fakes.holder import MemoryHolder
from fakes.openbao import TOKEN, Bao

WHERE = Context(
    house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="cus-a"
)
PASSPHRASE = b"correct horse battery"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("holders")


@pytest.fixture(scope="module")
def uris(folder):
    bao = Bao(folder)
    yield {
        "openbao": bao.uri(),
        "file": file_holder.create(folder / "root", PASSPHRASE, SeededDice(1)),
        "keyfile": file_holder.create(folder / "key", None, SeededDice(2)),
        "pkcs11": pkcs11.create(softhsm.uri(softhsm.new_token()), softhsm.PIN),
    }
    bao.close()


@pytest.fixture(params=["file", "keyfile", "memory", "openbao", "pkcs11"])
def sealed(request, uris):
    """A sealed holder and its secret; sealed again at the end, for a token has one login for all."""
    secret = {"keyfile": b"", "openbao": TOKEN.encode(), "pkcs11": softhsm.PIN}.get(request.param, PASSPHRASE)
    if request.param == "memory":
        holder = MemoryHolder(b"a" * 32, PASSPHRASE, is_open=False)
    elif request.param == "openbao":  # its API as documented; tests/conformance has the real one
        holder = OpenBaoHolder(uris["openbao"])
    elif request.param == "pkcs11":
        holder = Pkcs11Holder(uris["pkcs11"])
    else:
        holder = FileHolder(uris[request.param])
    yield holder, secret
    holder.seal()


def code_of(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.code, caught.value.kind


def test_it_comes_up_sealed_and_does_nothing_then(sealed):
    holder, _ = sealed
    assert holder.is_sealed
    assert code_of(holder.wrap, WHERE, b"s", SeededDice()) == ("holder-sealed", Kind.LOCKED)
    assert code_of(holder.unwrap, WHERE, bytes(200)) == ("holder-sealed", Kind.LOCKED)


def test_unsealed_it_wraps_and_unwraps_and_sealed_again_it_does_not(sealed):
    holder, secret = sealed
    holder.unseal(secret)
    assert not holder.is_sealed
    wrapped = holder.wrap(WHERE, b"the customer's root", SeededDice(5))
    assert holder.unwrap(WHERE, wrapped) == b"the customer's root"
    holder.seal()
    holder.seal()
    assert holder.is_sealed
    assert code_of(holder.unwrap, WHERE, wrapped) == ("holder-sealed", Kind.LOCKED)
    holder.unseal(secret)
    assert holder.unwrap(WHERE, wrapped) == b"the customer's root"


def test_a_wrong_secret_leaves_it_sealed(sealed):
    holder, secret = sealed
    assert code_of(holder.unseal, secret + b"x") == ("wrong-secret", Kind.DENIED)
    assert holder.is_sealed


def test_a_wrong_secret_does_not_seal_an_open_one(sealed):
    holder, secret = sealed
    holder.unseal(secret)
    assert code_of(holder.unseal, b"not the right one") == ("wrong-secret", Kind.DENIED)
    assert not holder.is_sealed


def test_a_wrap_opens_only_in_its_place(sealed):
    holder, secret = sealed
    holder.unseal(secret)
    wrapped = holder.wrap(WHERE, b"s", SeededDice(5))
    elsewhere = msgspec.structs.replace(WHERE, customer="cus-b")
    assert code_of(holder.unwrap, elsewhere, wrapped) == ("wrap-mismatch", Kind.BROKEN)
    assert code_of(holder.unwrap, WHERE, wrapped[:-1]) == ("wrap-mismatch", Kind.BROKEN)


def test_it_names_itself_and_its_grade(sealed):
    holder, _ = sealed
    assert holder.uri.partition(":")[1]
    assert holder.grade


def test_a_file_holder_shows_nothing_and_does_not_travel(uris):
    holder = FileHolder(uris["keyfile"])
    holder.unseal(b"")
    assert repr(holder) == str(holder) == "FileHolder(...)"
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            way(holder)


def test_it_gives_a_sign_of_life_only_when_it_is_open(sealed):
    holder, secret = sealed
    assert code_of(holder.probe) == ("holder-sealed", Kind.LOCKED)
    holder.unseal(secret)
    holder.probe()
    assert holder.opens_itself is (secret == b"")
