"""`custodes store renew`: only an empty folder below the stores is a new disk."""

from custodes.acts.footing.nouns import StoreAt
from custodes.boundary.places import Location
from custodes.cli.storing.renewing import renew
from custodes.cli.storing.strays import stores
from custodes.kernel.ids import new_id

WORDS = (stores.name, renew.name)


def test_an_empty_folder_below_the_stores_becomes_a_new_disk(house):
    world = house.world
    ada, place = world.ada, house.settings.stores / "town"
    place.mkdir(parents=True)
    said = ("--confirm", str(place.resolve()))
    assert "no-such-location" in house.run(*WORDS, str(place), *said, who=ada).stderr
    location = Location(
        id=new_id("loc", world.dice), name="town", country="DE", operator="T", jurisdictions=("DE",)
    )
    store = StoreAt(location=location.id, uri=f"file:{place.resolve()}")
    house.call(world.put(("location", location.id, "", location), ("store", location.id, "", store)))
    (place / "something").write_bytes(b"x")
    assert "store-not-empty" in house.run(*WORDS, str(place), *said, who=ada).stderr
    (place / "something").unlink()
    assert house.run(*WORDS, str(place), "--confirm", "yes", who=ada).exit_code == 2
    assert house.run(*WORDS, str(place), *said, who=world.olga).exit_code != 0
    assert house.json(*WORDS, str(place), *said, who=ada) == {"folder": str(place.resolve())}
    assert [one.name[:9] for one in place.iterdir()] == [".store-1-"]
    elsewhere = house.folder / "elsewhere"
    elsewhere.mkdir()
    said = ("--confirm", str(elsewhere.resolve()))
    assert "store-elsewhere" in house.run(*WORDS, str(elsewhere), *said, who=ada).stderr
