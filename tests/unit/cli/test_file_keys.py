import hashlib

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from custodes.acts.asks.documents import lift_document
from custodes.cli.file_keys import file_keys
from custodes.kernel import canonical
from custodes.parties.signature import to_sign


def run(*arguments, **how):
    return CliRunner().invoke(file_keys, [str(one) for one in arguments], **how)


def document(folder):
    raw = lift_document("hse-1", "kil-1", ("customer", "cus-1"), "2026-11-22T08:00:00Z")
    (folder / "document").write_bytes(raw)
    return raw


def holds(public, made, raw):
    message = to_sign(hashlib.sha256(raw).digest())
    Ed25519PublicKey.from_public_bytes(canonical.unb64(public)).verify(
        canonical.unb64(made["signature"]), message
    )
    return True


def test_a_key_with_a_passphrase(tmp_path):
    file = tmp_path / "anna.key"
    words = "correct horse battery staple"
    done = run("new", file, "--json", input=f"{words}\n{words}\n")
    assert done.exit_code == 0
    assert words not in done.output
    public = canonical.decode(done.stdout.strip().encode())["public"]
    assert run("public", file).stdout.strip() == public
    assert canonical.decode(run("public", file, "--json").stdout.strip().encode()) == {
        "plain": False,
        "public": public,
    }
    raw = document(tmp_path)
    done = run("sign", file, tmp_path / "document", "--credential", "crd-1", input=f"sign\n{words}\n")
    assert done.exit_code == 0, done.output
    assert '"kill": "kil-1"' in done.stderr
    made = canonical.decode(done.stdout.strip().encode())
    assert (made["kind"], made["credential"]) == ("file-key", "crd-1")
    assert holds(public, made, raw)


def test_a_plain_key_warns_and_signs_as_root(tmp_path):
    file = tmp_path / "town.key"
    done = run("new", file, "--plain", "--json")
    assert "whoever reads this file" in done.stderr
    public = canonical.decode(done.stdout.strip().encode())["public"]
    raw = document(tmp_path)
    done = run("sign", file, tmp_path / "document", "--root", "--confirm", "sign", "--json")
    made = canonical.decode(done.stdout.strip().encode())
    assert made.keys() == {"kind", "signature"}
    assert made["kind"] == "root"
    assert holds(public, made, raw)


@pytest.mark.parametrize("answer", ["", "yes", "SIGN"])
def test_nothing_is_signed_unconfirmed(tmp_path, answer):
    run("new", tmp_path / "k", "--plain")
    document(tmp_path)
    done = run("sign", tmp_path / "k", tmp_path / "document", "--root", input=f"{answer}\n")
    assert done.exit_code == 2
    assert done.stdout == ""


def test_only_documents_are_signed(tmp_path):
    run("new", tmp_path / "k", "--plain")
    for raw in (b'{"a":1}', b"[1]", b'{ "v": "custodes/lift/v1" }'):
        (tmp_path / "document").write_bytes(raw)
        done = run("sign", tmp_path / "k", tmp_path / "document", "--root", "--confirm", "sign")
        assert done.exit_code in {1, 2}
        assert done.stdout == ""
    assert run("sign", tmp_path / "k", tmp_path / "document").exit_code == 2
