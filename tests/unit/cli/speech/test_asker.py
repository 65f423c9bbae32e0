import pytest

from custodes.acts.asks import Token
from custodes.adapters import file_key
from custodes.cli.speech.asker import Asker, read_text
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.wiring.local import LocalHouse
from fakes.served import served


def asker_of(house, signer, key=None):
    path = key or house.key_file(signer)
    return Asker(
        lambda: LocalHouse(house.settings),
        lambda: signer.token.token,
        lambda: file_key.open_key(path, b""),
        settings=lambda: house.settings,
        is_json=False,
    )


def test_nothing_is_opened_before_it_is_needed():
    def never():
        raise AssertionError

    asker = Asker(never, lambda: "", never, settings=Settings, is_json=True)
    with pytest.raises(Refusal, match="token-missing"):
        asker.evidence  # noqa: B018
    asker.close()


def test_evidence_is_the_token(tmp_path):
    with served(tmp_path) as house:
        asker = asker_of(house, house.world.olga)
        assert asker.evidence == Token(house.world.olga.token.token)
        assert asker.look().id == house.world.body.id
        asker.close()


def test_only_the_first_line_of_a_file_counts(tmp_path):
    file = tmp_path / "token"
    file.write_text("abc\r\nsecond\n")
    assert read_text(file) == "abc"
