"""`custodes store renew`: only an empty folder below the stores is a new disk."""

from custodes.cli.storing.renewing import renew
from custodes.cli.storing.strays import stores

WORDS = (stores.name, renew.name)


def test_an_empty_folder_below_the_stores_becomes_a_new_disk(house):
    ada, place = house.world.ada, house.settings.stores / "town"
    place.mkdir(parents=True)
    assert house.run(*WORDS, str(place), "--confirm", "yes", who=ada).exit_code == 2
    (place / "something").write_bytes(b"x")
    said = ("--confirm", str(place.resolve()))
    assert "store-not-empty" in house.run(*WORDS, str(place), *said, who=ada).stderr
    (place / "something").unlink()
    assert house.json(*WORDS, str(place), *said, who=ada) == {"folder": str(place.resolve())}
    assert len(list(place.glob(".store-*"))) == 1
    elsewhere = house.folder / "elsewhere"
    elsewhere.mkdir()
    said = ("--confirm", str(elsewhere.resolve()))
    assert "store-elsewhere" in house.run(*WORDS, str(elsewhere), *said, who=ada).stderr
