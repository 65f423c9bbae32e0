import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.guides.dke import NAME_HOST, steps

PATH = "/con-" + "0" * 26


def test_each_key_has_its_label_and_the_first_is_looked_at():
    made = steps("Post der Stadt", "dke.town.example", PATH, ("letters", "files"), listens="127.0.0.1:9300")
    commands = [step.command for step in made if step.code == "dke-label"]
    assert [one.rpartition(" ")[2] for one in commands] == [
        f"https://dke.town.example{PATH}/{name}" for name in ("letters", "files")
    ]
    assert all("Set-Label" in one and "-EncryptionDoubleKeyEncryptionUrl" in one for one in commands)
    (app,) = [step.command for step in made if step.code == "dke-app"]
    assert "--identifier-uris https://dke.town.example" in app
    assert "'Post der Stadt'" in app
    (look,) = [step.command for step in made if step.code == "dke-look"]
    assert f"{PATH}/letters/1/decrypt" in look


def test_without_a_host_an_example_stands_there_and_without_a_key_no_label():
    made = steps("x", "", PATH, (), listens="-")
    assert NAME_HOST in made[0].command
    assert {step.code for step in made} == {"front", "dke-app", "dke-client"}


@pytest.mark.parametrize(("name", "key"), [("a$(b)", "k"), ("a", "k;x"), ("a", "k x")])
def test_no_name_takes_a_command_apart(name, key):
    with pytest.raises(Refusal, match="bad-name"):
        steps(name, "", PATH, (key,), listens="-")
