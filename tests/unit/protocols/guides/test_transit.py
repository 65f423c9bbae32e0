import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.guides.transit import PORT, steps


def test_every_key_has_its_rule_for_sops():
    made = steps("https://transit.town.example", ("files", "etcd"), listens="127.0.0.1:9400")
    rules = [step.command for step in made if step.code == "transit-sops"]
    assert [one.rpartition("/")[2] for one in rules] == ['files"', 'etcd"']
    assert all("https://transit.town.example/v1/transit/keys/" in one for one in rules)
    assert "proxy_pass http://127.0.0.1:9400" in made[0].command
    assert not any("crd-" in step.command for step in made)


def test_without_an_address_tools_here_reach_the_process_itself_and_the_setting_is_asked_for():
    made = {step.code: step.command for step in steps("", ("files",), listens="127.0.0.1:9400")}
    assert "VAULT_ADDR=http://127.0.0.1:9400 " in made["transit-address"]
    assert 'hc_vault_transit_uri: "http://127.0.0.1:9400/v1/' in made["transit-sops"]
    assert made["transit-name"] == 'transit_url = "https://NAME"'
    assert "front" not in made
    off = {step.code: step.command for step in steps("", (), listens="")}
    assert off["transit-on"] == f"transit_port = {PORT}"
    assert not any("example" in step.command for step in steps("", ("files",), listens=""))


def test_a_bad_name_is_not_printed():
    with pytest.raises(Refusal, match="bad-name"):
        steps("", ("Meldedaten 2026",), listens="-")
