"""URIs of tokens: one spelling, no PIN."""

from pathlib import Path

import pytest

from custodes.adapters.holders.pkcs11_uri import parse
from custodes.kernel.refusal import Refusal

GOOD = "pkcs11:token=The%20vault;object=root?module-path=/usr/lib/p11.so"


def test_it_reads_what_rfc_7512_says():
    found = parse(
        "pkcs11:token=The%20Software%20PKCS%2311;manufacturer=Snake%20Oil,%20Inc.;serial=;".replace(
            "serial=;", ""
        )
        + "model=1.0;object=my-key;type=secret-key;id=%69%95%3E?"
        + "module-path=/usr/lib/p11.so&pin-source=file:/etc/token_pin"
    )
    assert (found.token, found.manufacturer, found.object) == (
        "The Software PKCS#11",
        "Snake Oil, Inc.",
        "my-key",
    )
    assert found.id == b"\x69\x95\x3e"
    assert found.pin_source == Path("/etc/token_pin")
    assert parse(found.text()) == found


@pytest.mark.parametrize("source", ["file:/etc/pin", "file:///etc/pin", "/etc/pin"])
def test_a_pin_source_is_a_file(source):
    assert parse(f"{GOOD}&pin-source={source}").pin_source == Path("/etc/pin")


@pytest.mark.parametrize(
    "uri",
    [
        f"{GOOD}&pin-value=1234",
        GOOD.replace("?", "?pin-value=1234&"),
        f"{GOOD}&pin-source=|/usr/bin/ask",
        f"{GOOD}&pin-source=%7Ccat%20/etc/pin",
        f"{GOOD}&pin-source=relative",
        f"{GOOD}&pin-source=file:/etc/../root/pin",
        f"{GOOD}&module-name=p11",
        "pkcs11:token=a;object=b",
        "pkcs11:object=b?module-path=/p11.so",
        "pkcs11:token=a?module-path=/p11.so",
        "pkcs11:token=a;token=b;object=c?module-path=/p11.so",
        "pkcs11:token=a;object=b;type=private?module-path=/p11.so",
        "pkcs11:token=a;object=%00?module-path=/p11.so",
        "pkcs11:token=a;object=%FF?module-path=/p11.so",
        "pkcs11:token=a;object=b?module-path=p11.so",
        "pkcs11:token=a;object=b;x-odd=1?module-path=/p11.so",
        "pkcs11://token=a;object=b?module-path=/p11.so",
        f"{GOOD}#here",
        f"{GOOD}\n",
        GOOD + "&pin-source=/" + "a" * 2_000,
        "pkcs12:token=a;object=b?module-path=/p11.so",
    ],
)
def test_what_is_refused_is_refused_without_its_text(uri):
    with pytest.raises(Refusal) as caught:
        parse(uri)
    assert (caught.value.code, dict(caught.value.facts)) == ("holder-uri", {})
