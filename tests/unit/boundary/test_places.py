import msgspec
import pytest

from custodes.boundary.places import Boundary, Location


def test_rows_survive_storage_and_hide_nothing():
    place = Location(id="loc-1", name="Kiel", country="DE", operator="org-1", jurisdictions=("DE",))
    assert msgspec.json.decode(msgspec.json.encode(place), type=Location) == place
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(place)[:-1] + b',"trusted":true}', type=Location)


def test_nothing_about_a_place_is_taken_for_granted():
    empty = Boundary(id="bdy-1", customer="cus-1", areas=(), jurisdictions=())
    assert (empty.denied_jurisdictions, empty.data_classes) == ((), ())
    with pytest.raises(TypeError):
        Location(id="loc-1", name="x", country="DE", operator="org-1")
