"""A bundle is what its signer signed, or it is refused: bytes, files too many, links, keys, sums."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.adapters import bundle_file
from custodes.adapters.file_key import FileKey
from custodes.cli.bundles.bundle import bundles  # noqa: F401 - the command over it
from custodes.kernel.refusal import Refusal
from fakes.served import CliRunner, main
from house.tree import ROOT, tool

KEY = FileKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
INSTALL = ROOT / "deploy" / "bundle" / "install.sh"
PACK = tool("bundle").pack


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "custodes-1.0.0"
    (made / "docs").mkdir(parents=True)
    (made / "docs" / "a.md").write_text("a\n")
    (made / "install.sh").write_bytes(INSTALL.read_bytes())
    bundle_file.sign(made, "1.0.0", KEY)
    return made


def verified(folder, public=KEY.public):
    file = folder.parent / "bundle.tar"
    PACK(folder, file)
    return bundle_file.verify(file, public)


def installed(folder, public=KEY.public):
    """What the script says where no Python is run: the one it is given only fails."""
    words = ["sh", str(folder / "install.sh"), "--public", bundle_file.public_text(public)]
    words += ["--python", "false", str(folder.parent / "opt")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    return done.stderr.strip()


def test_a_whole_one(folder):
    found = verified(folder)
    assert (found.release, found.files) == ("1.0.0", 2)
    assert found.signed_by == bundle_file.public_text(KEY.public)
    assert installed(folder) == ""  # everything held: it came as far as Python
    first = (folder.parent / "bundle.tar").read_bytes()
    os.utime(folder / "install.sh", (0, 0))
    verified(folder)
    assert (folder.parent / "bundle.tar").read_bytes() == first


def _byte(folder):
    (folder / "docs" / "a.md").write_text("b\n")


def _more(folder):
    (folder / "docs" / "b.md").write_text("b\n")


def _less(folder):
    (folder / "docs" / "a.md").unlink()


def _sums(folder):
    """Sums that fit the changed file, under the old signature."""
    _byte(folder)
    other = FileKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    document, signature = ((folder / name).read_bytes() for name in ("bundle.json", "bundle.sig"))
    for name in bundle_file.UNSUMMED:
        (folder / name).unlink()
    bundle_file.sign(folder, "1.0.0", other)
    (folder / "bundle.json").write_bytes(document)
    (folder / "bundle.sig").write_bytes(signature)


def _document(folder):
    raw = (folder / "bundle.json").read_bytes()
    (folder / "bundle.json").write_bytes(raw.replace(b"1.0.0", b"9.0.0"))


def _signature(folder):
    raw = (folder / "bundle.sig").read_bytes()
    (folder / "bundle.sig").write_bytes(bytes([raw[0] ^ 1]) + raw[1:])


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (_byte, "bundle-damaged", "not what was signed"),
        (_more, "bundle-damaged", "too many"),
        (_less, "bundle-damaged", "not what was signed"),
        (_sums, "bundle-damaged", "not what was signed"),
        (_document, "bundle-not-signed", "signature does not hold"),
        (_signature, "bundle-not-signed", "signature does not hold"),
    ],
)
def test_whatever_was_changed_is_refused_by_both(folder, change, code, said):
    change(folder)
    with pytest.raises(Refusal, match=code):
        verified(folder)
    assert said in installed(folder)
    assert not (folder.parent / "opt").exists()


def test_another_key_is_another_signer(folder):
    other = FileKey(Ed25519PrivateKey.from_private_bytes(bytes(32))).public
    with pytest.raises(Refusal, match="bundle-not-signed"):
        verified(folder, other)
    assert "signature does not hold" in installed(folder, other)


def packed(path: Path, *members):
    with tarfile.open(path, "w") as tar:
        for name, kind, body in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(body)
            member.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            tar.addfile(member, io.BytesIO(body))
    return path


@pytest.mark.parametrize(
    "member",
    [
        ("top/link", tarfile.SYMTYPE, b""),
        ("top/link", tarfile.LNKTYPE, b""),
        ("top/../out", tarfile.REGTYPE, b"x"),
        ("/top/a", tarfile.REGTYPE, b"x"),
        ("other/a", tarfile.REGTYPE, b"x"),
        ("top", tarfile.REGTYPE, b"x"),
        ("top/a", tarfile.REGTYPE, b"twice"),
    ],
)
def test_members_that_no_bundle_has(tmp_path, member):
    file = packed(tmp_path / "b.tar", ("top/a", tarfile.REGTYPE, b"x"), member)
    with pytest.raises(Refusal, match="bundle-damaged"):
        bundle_file.verify(file, KEY.public)


def test_something_that_is_no_tar(tmp_path):
    (tmp_path / "b.tar").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(Refusal, match="bundle-damaged"):
        bundle_file.verify(tmp_path / "b.tar", KEY.public)


def test_the_command_says_what_it_found(folder):
    verified(folder)
    file, public = str(folder.parent / "bundle.tar"), bundle_file.public_text(KEY.public)
    assert CliRunner().invoke(main, ["bundle", "verify", file, "--public", public]).exit_code == 0
    refused = CliRunner().invoke(main, ["bundle", "verify", file, "--public", "AAAA"])
    assert refused.exit_code == 1


def test_the_sbom_names_every_package_once():
    made = tool("bundle").sbom()
    refs = [one["bom-ref"] for one in made["components"]]
    assert made["specVersion"] == "1.6"
    assert len(refs) == len(set(refs)) > 30
    assert {"cryptography", "msgspec", "htmx.org"} <= {one["name"] for one in made["components"]}
    assert made["dependencies"][0]["dependsOn"] == refs
