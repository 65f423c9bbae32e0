"""The calculator at the command line."""

from custodes.cli.logs.growth import growth
from custodes.ledger.retention.growth import grow


def test_it_says_what_the_arithmetic_says(house):
    who = house.world.olga
    found = house.json("growth", "--uses-per-second", "10", "--customers", "3", "--days", "400", who=who)
    assert found["kept"] == grow(10, 3, years=10, days=400).kept
    assert "GB" in house.run("growth", "--uses-per-second", "10", who=who).stdout
    assert growth.name == "growth"
