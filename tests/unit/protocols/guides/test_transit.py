import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.guides.transit import NAME_HOST, steps


def test_every_key_has_its_rule_for_sops():
    made = steps("transit.town.example", ("files", "etcd"), listens="127.0.0.1:9400")
    rules = [step.command for step in made if step.code == "transit-sops"]
    assert [one.rpartition("/")[2] for one in rules] == ['files"', 'etcd"']
    assert all("https://transit.town.example/v1/transit/keys/" in one for one in rules)
    assert "proxy_pass http://127.0.0.1:9400" in made[0].command
    assert not any("crd-" in step.command for step in made)


def test_an_example_stands_where_there_is_no_host_and_a_bad_name_is_not_printed():
    assert NAME_HOST in steps("", (), listens="-")[1].command
    with pytest.raises(Refusal, match="bad-name"):
        steps("", ("Meldedaten 2026",), listens="-")
