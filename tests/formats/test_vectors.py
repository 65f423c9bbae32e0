"""The committed vectors are what the code writes today."""

import json

import pytest

from formats.vectors import FOLDER, maker

MAKERS = {
    name: maker(name)
    for name in ("adoption", "client", "custody", "exports", "grant", "house", "ledger", "loss", "transit")
}


@pytest.mark.parametrize("room", ["adoption", "client", "exports", "house", "ledger", "loss", "transit"])
def test_a_rooms_vectors_are_what_the_code_makes(room):
    made = MAKERS[room]
    for name, make in made.VECTORS.items():
        assert made.text_of(make()) == (FOLDER / room / f"{name}.json").read_text("ascii"), name


def test_custodys_vectors_are_what_the_code_makes():
    made = MAKERS["custody"].vectors()
    there = {path.name for path in (FOLDER / "custody").iterdir()}
    assert set(made) == there - {"backup.json"}  # test_backup.py makes that one
    for name, text in made.items():
        assert text == (FOLDER / "custody" / name).read_text("ascii"), name


def test_the_grants_vectors_are_what_the_code_makes():
    for name in MAKERS["grant"].VECTORS:
        assert MAKERS["grant"].text(name) == (FOLDER / "grant" / f"{name}.json").read_text("ascii")


def test_no_vector_is_without_a_maker():
    made = {
        f"{room}/{name}.json"
        for room in ("adoption", "client", "exports", "house", "ledger", "loss", "transit")
        for name in MAKERS[room].VECTORS
    }
    made |= {f"custody/{name}" for name in MAKERS["custody"].vectors()} | {
        f"grant/{name}.json" for name in MAKERS["grant"].VECTORS
    }
    # randomised signatures; made by test_backup.py; made with OpenSSL, whose OAEP is randomised
    kept = {"ledger/mldsa44.json", "custody/backup.json", "transit/imported.json"}
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json")} == made | kept
    assert json.loads((FOLDER / "ledger" / "mldsa44.json").read_text("ascii"))
