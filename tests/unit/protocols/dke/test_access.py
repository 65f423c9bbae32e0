from datetime import UTC, datetime

import pytest

from custodes.protocols.dke.access import admits
from custodes.protocols.dke.tokens import Caller

ADA = Caller(
    mail="ada@town.example",
    mail_claim="upn",
    groups=("g-1",),
    issuer="",
    tenant="",
    application="",
    object_id="",
    token_id="",
    ends_at=datetime(2026, 11, 22, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "line",
    [
        "letters mail:Ada@Town.example",
        "* domain:town.EXAMPLE",
        "letters group:g-1",
        "* mail:ada@town.example",
    ],
)
def test_a_line_admits(line):
    assert admits((line,), "letters", ADA) == line


@pytest.mark.parametrize(
    "line",
    [
        "files mail:ada@town.example",
        "letters mail:eve@town.example",
        "letters domain:example",
        "letters domain:sub.town.example",
        "letters domain:ada@town.example",
        "letters group:G-1",
        "letters group:g",
        "letters  mail:ada@town.example",
        "letters role:admin",
        "*",
        "",
        "let* mail:ada@town.example",
    ],
)
def test_a_line_that_does_not_say_exactly_this_admits_nobody(line):
    assert admits((line,), "letters", ADA) is None


def test_without_a_line_nobody_is_admitted():
    assert admits((), "letters", ADA) is None
