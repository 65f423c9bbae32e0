import pytest

from custodes.kernel.canonical import b64
from custodes.kernel.refusal import Refusal
from custodes.ledger import checkpoint, merkle
from custodes.ledger.checkpoint import Checkpoint
from fakes.ledger import ORIGIN, head, leaves

ROOT = b64(b"r" * 32)


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_both_ways(size):
    made = head(leaves(size))
    assert checkpoint.parse(made.text()) == made
    assert made.text().split("\n")[1] == str(size)


def test_the_example_of_the_specification():
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert checkpoint.parse(text).size == 20852163
    assert checkpoint.parse(text).text() == text


def test_extension_lines_are_carried():
    assert checkpoint.parse(f"o\n1\n{ROOT}\nmore\n").extensions == ("more",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT}\n\n",
        f"\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n\u0661\n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n0\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{b64(b'r' * 31)}\n",
        f"o\n1\n{ROOT}\n\nmore\n",
        f"o\r\n1\n{ROOT}\n",
        f"{'o' * 256}\n1\n{ROOT}\n",
    ],
)
def test_another_form_is_refused(text):
    with pytest.raises(Refusal) as caught:
        checkpoint.parse(text)
    assert caught.value.code == "bad-checkpoint"


@pytest.mark.parametrize(
    "bad",
    [
        Checkpoint(origin="", size=1, root=b"r" * 32),
        Checkpoint(origin="a\nb", size=1, root=b"r" * 32),
        Checkpoint(origin=ORIGIN, size=-1, root=b"r" * 32),
        Checkpoint(origin=ORIGIN, size=1, root=b"r" * 31),
        Checkpoint(origin=ORIGIN, size=0, root=b"r" * 32),
        Checkpoint(origin=ORIGIN, size=0, root=merkle.EMPTY_ROOT, extensions=("",)),
    ],
)
def test_what_has_no_spelling_is_refused(bad):
    with pytest.raises(Refusal):
        bad.text()
