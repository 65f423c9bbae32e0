import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.dke.flow import challenge, key_url, route

CON = "con-" + "0" * 26


def test_a_path_names_key_and_version():
    shown, used = route(f"/{CON}/letters"), route(f"/{CON}/letters/12/Decrypt")
    assert (shown.connection, shown.key, shown.version) == (CON, "letters", None)
    assert used.version == route(f"/{CON}/letters/12/decrypt").version == 12
    assert key_url("dke.example", CON, "letters") == f"https://dke.example/{CON}/letters"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        f"/{CON}",
        f"/{CON}/",
        f"/{CON}/letters/",
        f"/{CON}/letters/1",
        f"/{CON}/letters/0/decrypt",
        f"/{CON}/letters/01/decrypt",
        f"/{CON}/letters/1/decrypt/",
        f"/{CON}/letters/1/DECRYPT",
        f"/{CON}/a b",
        f"/{CON}/letters/x/decrypt",
        f"/{CON.upper()}/letters",
        f"//{CON}/letters",
        f"/{CON}/letters\n",
    ],
)
def test_nothing_else_is_a_path(path):
    with pytest.raises(Refusal, match="no-such-path"):
        route(path)


def test_the_challenge_names_the_host_of_the_keys_address():
    said = challenge("dke.town.example")
    assert said.startswith("Bearer ")
    assert 'resource="https://dke.town.example"' in said
    assert 'authorization="https://login.windows.net/common/oauth2/authorize"' in said
    assert 'realm="dke.town.example"' in said
