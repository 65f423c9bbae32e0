import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger.watch import log_list
from custodes.ledger.watch.log_list import WitnessedLog
from fakes.ledger import ORIGIN, log_mldsa, log_signer, witness

SUM = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def test_a_list_as_witness_networks_publish_it():
    text = f"""logs/v0

# Go's checksum database
vkey {SUM}
origin go.sum database tree
qpd 86400
contact somebody at example.org

vkey {log_signer().vkey.text()}
vkey {log_mldsa().vkey.text()}
origin {ORIGIN}
"""
    found = log_list.parse(text)
    assert found["go.sum database tree"].submissions_per_day == 86_400
    assert found["go.sum database tree"].vkeys[0].name == "sum.golang.org"
    assert found[ORIGIN].vkeys == (log_signer().vkey, log_mldsa().vkey)


def test_what_is_added_is_read_again():
    log = WitnessedLog(origin=ORIGIN, vkeys=(log_signer().vkey, log_mldsa().vkey), submissions_per_day=20_000)
    assert log_list.parse(f"logs/v0\n{log_list.block(log)}") == {ORIGIN: log}
    assert log_list.parse("logs/v0\n") == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (f"vkey {SUM}\n", 1),
        ("logs/v1\n", 1),
        ("logs/v0\norigin x\n", 2),
        (f"logs/v0\nvkey {SUM}x\n", 2),
        (f"logs/v0\nvkey {SUM}\nqpd 0\n", 2),
        (f"logs/v0\nvkey {SUM}\nqpd 5\nqpd 6\n", 4),
        (f"logs/v0\nvkey {SUM}\nurl https://example.org\n", 3),
        (f"logs/v0\nvkey {witness('w').vkey.text()}\n", 2),
    ],
)
def test_another_list_is_refused_with_its_line(text, line):
    with pytest.raises(Refusal, match="bad-log-list") as caught:
        log_list.parse(text)
    assert caught.value.facts["line"] == line
