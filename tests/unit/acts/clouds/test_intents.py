from datetime import UTC, datetime

import pytest

from custodes.acts.clouds.claiming import Claims
from custodes.acts.clouds.intents import fitting, is_enough
from custodes.law.reasons import vocabulary
from custodes.parties.connections import Connection, ConnectionKind, is_good

ROLE = "arn:aws:iam::123456789012:role/backup"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def connection(*lines, grade=()):
    settings = {"intents": tuple(lines), "minimum-grade": tuple(grade)}
    return Connection(
        id="con", customer="cus", organisation="org", kind=ConnectionKind.XKS, name="x", lent=(),
        settings={name: values for name, values in settings.items() if values}, made_at="",
    )  # fmt: skip


def claims(operation="Decrypt", principal=ROLE, grade="asserted"):
    reason = vocabulary().of("xks", operation)
    return Claims(reason=reason, operation=operation, principal=principal, grade=grade)


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        (f"Decrypt {ROLE} 2026-11-22", True),
        ("Decrypt arn:aws:iam::123456789012:role/* 2026-12-31", True),
        (f"Decrypt {ROLE} 2026-11-21", False),
        (f"Encrypt {ROLE} 2026-12-31", False),
        (f"Decrypt {ROLE}2 2026-12-31", False),
        (f"Decrypt {ROLE[:-1]} 2026-12-31", False),
        (f"decrypt {ROLE} 2026-12-31", False),
    ],
)
def test_a_line_fits_its_operation_caller_and_days(line, fits):
    assert is_good(connection(line))
    assert (fitting(connection(line), claims(), NOON) is not None) is fits
    assert fitting(connection(line), claims(principal=None), NOON) is None


def test_it_ends_with_its_day():
    row = connection(f"Decrypt {ROLE} 2026-11-22")
    _, ends_at = fitting(row, claims(), NOON)
    assert ends_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert fitting(row, claims(), ends_at) is None


@pytest.mark.parametrize(
    "line",
    ["Decrypt * 2026-12-31", "* x 2026-12-31", "Decrypt x", "Decrypt x 2026-02-30", "Decrypt a*b 2026-12-31",
     "Decrypt x 2026-12-31 y", "Decrypt  2026-12-31"],
)  # fmt: skip
def test_a_line_that_names_nobody_or_no_day_is_refused(line):
    assert not is_good(connection(line))


def test_a_connection_may_demand_more_than_the_other_ends_word():
    assert is_enough(connection(), claims())
    assert not is_enough(connection(grade=("signed",)), claims())
    assert is_enough(connection(grade=("signed",)), claims(grade="signed"))
    assert not is_good(connection(grade=("asserted",)))
