"""`custodes settle`: the first people of a founded house, once, and nobody by another's signature."""

import json
import shutil

import pytest
from click.testing import CliRunner

from custodes.cli import main
from custodes.cli.founding.settle import ORGANISATION, PEOPLE, settle
from custodes.settings import FILE_NAME, load
from custodes.wiring import keyroom

TRUSTEE = ("--organisation", "Trustee", "--country", "DE")


def run(folder, *line, code=0):
    env = {"CUSTODES_FOLDER": str(folder / "house")}
    done = CliRunner().invoke(main, [str(one) for one in line], env=env)
    assert done.exit_code == code, done.output
    return done


def new_key(folder, name):
    run(folder, "file-key", "new", folder / f"{name}.key", "--plain")
    public = folder / f"{name}.pub"
    public.write_text(run(folder, "file-key", "public", folder / f"{name}.key").stdout)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A demo house nobody has settled in, with keys beside it."""
    folder = tmp_path_factory.mktemp("founded")
    run(folder, "init", folder / "house", "--name", "Trustee", "--origin", "log.example/house", "--demo")
    for name in ("root", "ada", "karl"):
        new_key(folder, name)
    return folder


@pytest.fixture
def founded(kept, tmp_path):
    """As `kept`, and so again afterwards; the holder's address is a whole path, so it stays in its place."""
    shutil.copytree(kept / "house", tmp_path / "before")
    yield kept
    shutil.rmtree(kept / "house")
    shutil.copytree(tmp_path / "before", kept / "house")


def people(folder):
    return (
        *("--person", "Ada Adler", "ada@example.org", folder / "ada.pub", "administrator"),
        *("--person", "Karl Kern", "", folder / "karl.key", "approver,key-officer"),
    )


def settling(folder, *given, code=0, root="root.key"):
    return run(folder, "settle", *TRUSTEE, "--root", folder / root, *given, code=code)


def sign(folder, key, document):
    done = run(folder, "file-key", "sign", folder / key, document, "--root", "--confirm", "sign")
    document.with_name(f"{document.name}.sig").write_text(done.stdout)


def test_the_first_two_and_only_once(founded):
    assert main.commands["settle"] is settle
    made = json.loads(settling(founded, *people(founded), "--json").stdout)
    assert [one["name"] for one in made["people"]] == ["Ada Adler", "Karl Kern"]
    assert all(one["credential"].startswith("crd-") for one in made["people"])
    assert "already-settled" in settling(founded, *people(founded), code=1).stderr


def test_with_the_root_key_elsewhere(founded, tmp_path):
    papers = tmp_path / "papers"
    given = (*people(founded), "--documents", papers)
    made = json.loads(settling(founded, *given, "--json", root="root.pub").stdout)
    assert made["documents"] == [ORGANISATION, "person-1.json", "person-2.json"]
    settling(founded, *given, root="root.pub", code=2)  # never over a folder that is there
    handed = ("settle", "--signed", papers)
    assert f"bad-form (file: {ORGANISATION}.sig)" in run(founded, *handed, code=1).stderr
    for name in made["documents"]:
        sign(founded, "ada.key" if name == "person-2.json" else "root.key", papers / name)
    assert "enrolment-refused (reason: bad-signature)" in run(founded, *handed, code=1).stderr
    sign(founded, "root.key", papers / "person-2.json")
    right = (papers / PEOPLE).read_bytes()
    (papers / PEOPLE).write_text(json.dumps(json.loads(right)[::-1]))  # each under the other's name
    assert "bad-form (file: person-1.json)" in run(founded, *handed, code=1).stderr
    (papers / PEOPLE).write_bytes(right)
    made = json.loads(run(founded, *handed, "--json").stdout)
    assert [one["name"] for one in made["people"]] == ["Ada Adler", "Karl Kern"]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ((), "at least 2 times --person"),
        (("A", "", "no-such-file", "administrator"), "there is no file"),
        (("A", "", "root.pub", "owner"), "roles are administrator"),
    ],
)
def test_wrong_use(kept, second, said):
    one = [kept / each if each == "root.pub" else each for each in second]
    given = (*people(kept)[:5], *(["--person", *one] if one else ()))
    assert said in " ".join(settling(kept, *given, code=2).stderr.split())


def test_one_key_for_two(kept):
    given = (*people(kept)[:5], "--person", "Eve", "", kept / "ada.pub", "approver")
    assert "enrolment-refused (reason: key-in-use)" in settling(kept, *given, code=1).stderr


def test_not_while_it_is_served(kept):
    with keyroom.only_one(load(kept / "house" / FILE_NAME)):
        assert "keyroom-runs-already" in settling(kept, *people(kept), code=3).stderr
