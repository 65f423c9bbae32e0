"""A passphrase is long enough, its costs are sane, and what it makes is bound to what the file says."""

import msgspec
import pytest

from custodes.adapters import passphrase
from custodes.adapters.passphrase import Argon2
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal

KDF = Argon2(salt=canonical.b64(bytes(16)))


@pytest.mark.parametrize(
    ("length", "is_fine"), [(0, False), (11, False), (12, True), (1024, True), (1025, False)]
)
def test_its_length(length: int, is_fine: bool) -> None:
    assert passphrase.is_long_enough(b"x" * length) is is_fine
    if is_fine:
        passphrase.demand_length(b"x" * length)
        return
    with pytest.raises(Refusal) as caught:
        passphrase.demand_length(b"x" * length)
    assert caught.value.code == "passphrase-length"


@pytest.mark.parametrize(
    "change",
    [
        {"memory_kib": 64 * 1024 - 1},
        {"memory_kib": 1024 * 1024 + 1},
        {"passes": 2},
        {"passes": 17},
        {"lanes": 0},
        {"lanes": 17},
        {"name": "argon2i"},
        {"version": 16},
        {"salt": canonical.b64(bytes(15))},
    ],
)
def test_costs_nobody_should_pay_or_get_away_with(change: dict[str, object]) -> None:
    passphrase.check_costs(KDF)
    with pytest.raises(ValueError, match=r"kdf|costs"):
        passphrase.check_costs(msgspec.structs.replace(KDF, **change))


def test_what_it_makes_is_bound_to_passphrase_costs_and_file() -> None:
    made = {
        passphrase.stretch(b"correct horse battery", KDF, {"label": "a"}),
        passphrase.stretch(b"correct horse batterz", KDF, {"label": "a"}),
        passphrase.stretch(b"correct horse battery", KDF, {"label": "b"}),
        passphrase.stretch(b"correct horse battery", msgspec.structs.replace(KDF, passes=4), {"label": "a"}),
    }
    assert len(made) == 4
    assert all(len(kek) == len(check) == 32 for kek, check in made)
