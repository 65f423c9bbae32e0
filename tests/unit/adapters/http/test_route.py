"""Out of the house by a proxy and under a private authority: a real proxy, real TLS, made-up names."""

import asyncio

import pytest

from custodes.adapters.http.plain import PlainHttp
from custodes.adapters.http.route import Route, route_of
from custodes.adapters.http.witness import HttpWitness
from custodes.adapters.outgoing import Outgoing
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.wiring.outside import outgoing_of, route
from fakes.ledger import witness
from fakes.proxies import Proxy
from fakes.receivers import Authority, Receiver

HOST = "outside.town.example"


@pytest.fixture
def outside(tmp_path):
    """A server of that name behind a proxy; (proxy, receiver, CA file)."""
    authority, receiver = Authority(), Receiver()
    chain, key = authority.certificate(tmp_path, host=HOST)
    (tmp_path / "ca.pem").write_text(authority.pem)
    with receiver.serving(chain, key), Proxy({f"{HOST}:443": receiver.port}).serving() as proxy:
        yield proxy, receiver, tmp_path / "ca.pem"


def settings(outside, **more):
    proxy, _, ca = outside
    return Settings(house=ca.parent, outgoing_proxy=proxy.url, outgoing_ca=ca.name, **more)


def test_webhooks_and_issuers_go_through_the_proxy_under_the_private_authority(outside):
    proxy, receiver, _ = outside
    out = outgoing_of(settings(outside, outside_hosts=(HOST,)))
    assert out.send("POST", f"https://{HOST}/hook", body=b"{}").status == 200
    assert proxy.asked == [f"{HOST}:443"]
    assert [path for _, path, _, _ in receiver.came] == ["/hook"]


def test_witnesses_and_stamps_do_too(outside):
    proxy, receiver, _ = outside
    receiver.answers = [(200, b"signed", {})]
    way = route(settings(outside))
    assert PlainHttp(f"https://{HOST}/tsa", route=way).post("", b"q", {}).body == b"signed"
    asked = HttpWitness("w1", witness("w1.example").vkey, f"https://{HOST}", route=way)
    assert asyncio.run(asked.cosigned("log.example")) == b"signed"
    assert proxy.asked == [f"{HOST}:443"] * 2


def test_without_the_authority_nobody_is_believed(outside):
    proxy, receiver, _ = outside
    way = Route(proxy=proxy.url)
    with pytest.raises(Refusal, match="unreachable"):
        Outgoing((HOST,), route=way).send("GET", f"https://{HOST}/")
    with pytest.raises(Refusal, match="url-unreachable"):
        PlainHttp(f"https://{HOST}", route=way).get("x")
    assert receiver.came == []


def test_an_issuers_own_authority_stands_alone(outside):
    """Who pins an authority for one issuer is not given all the others'."""
    proxy, _, ca = outside
    other = Authority()
    out = Outgoing((HOST,), route=route_of(proxy.url, ca))
    with pytest.raises(Refusal, match="unreachable"):
        out.send("GET", f"https://{HOST}/", ca=other.pem)
    assert out.send("GET", f"https://{HOST}/", ca=ca.read_text()).status == 200


def test_a_proxy_that_says_no_is_a_no(outside):
    proxy, _, ca = outside
    out = Outgoing(("elsewhere.example",), route=route_of(proxy.url, ca))
    with pytest.raises(Refusal, match="unreachable"):
        out.send("GET", "https://elsewhere.example/")
    assert proxy.asked == ["elsewhere.example:443"]


def test_this_machine_is_reached_straight_and_the_environment_is_not_asked(outside, monkeypatch):
    proxy, _, _ = outside
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Receiver().serving() as here:
        out = Outgoing((f"localhost:{here.port}",), loopback_too=True, route=Route(proxy=proxy.url))
        assert out.send("GET", f"http://localhost:{here.port}/").status == 200
        assert PlainHttp(f"http://localhost:{here.port}", route=Route(proxy=proxy.url)).get("x").status == 200
    assert proxy.asked == []
    assert outgoing_of(settings(outside, outside_hosts=(HOST,))).send("GET", f"https://{HOST}/").status == 200


@pytest.mark.parametrize(
    "proxy",
    [
        "https://proxy:3128",
        "http://proxy",
        "http://user:secret@proxy:3128",
        "proxy:3128",
        "http://proxy:3128/x",
        "http://p:x",
    ],
)
def test_a_proxy_that_is_none(proxy):
    with pytest.raises(Refusal, match="bad-settings") as caught:
        route_of(proxy, None)
    assert "secret" not in str(caught.value.facts)


def test_a_file_that_holds_no_authority(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing of the kind")
    for name in ("ca.pem", "absent.pem"):
        with pytest.raises(Refusal, match="bad-settings"):
            route(Settings(house=tmp_path, outgoing_ca=name))
