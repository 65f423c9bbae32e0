import click
import pytest
from click.testing import CliRunner

from custodes.cli.speech.output import Out, printable, refused
from custodes.kernel.refusal import Kind, Refusal, absent, unavailable


def said(work):
    @click.command()
    def command():
        work()

    return CliRunner().invoke(command)


def test_json_is_canonical():
    done = said(lambda: Out(is_json=True).pairs({"b": b"\x00", "a": 1}, {"not": "shown"}))
    assert done.stdout == '{"a":1,"b":"AA=="}\n'


def test_pairs_and_rows_for_people():
    out = Out(is_json=False)
    done = said(lambda: out.pairs({}, {"name": "Town", "sealed": False, "keys": ("a", "b"), "none": None}))
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["name", "Town"],
        ["sealed", "no"],
        ["keys", "a,", "b"],
        ["none", "-"],
    ]
    done = said(lambda: out.rows([], ("id", "state"), [("key-1", "active")]))
    assert [line.split() for line in done.stdout.splitlines()] == [["id", "state"], ["key-1", "active"]]
    assert said(lambda: out.rows([], ("id",), [])).stdout == "none\n"


def test_foreign_text_cannot_move_the_cursor():
    evil = "a\x1b[2Jb\u202ec\r[bold]d[/bold]"
    assert printable(evil) == "a?[2Jb?c?[bold]d[/bold]"
    done = said(lambda: Out(is_json=False).pairs({}, {"name": evil}))
    assert "a?[2Jb?c?[bold]d[/bold]" in done.stdout


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (absent("no-such-key"), 1),
        (unavailable("keyroom-gone"), 3),
        (Refusal("keyroom-busy", Kind.LIMITED), 3),
        (Refusal("broken", Kind.BROKEN, {"mark": "abc"}), 3),
    ],
)
def test_exit_codes(refusal, code):
    seen = []
    done = said(lambda: seen.append(refused(refusal, is_json=False)))
    assert seen == [code]
    assert refusal.code in done.stderr
    assert done.stdout == ""


def test_a_refusal_in_json():
    done = said(lambda: refused(absent("no-such-thing", id="x"), is_json=True))
    assert done.stderr == (
        '{"code":"no-such-thing","facts":{"id":"x"},'
        '"hint":"There is no such thing, or it is not yours to know of.","kind":"absent"}\n'
    )


def test_no_bar_without_a_terminal():
    def work():
        with Out(is_json=False).progress("hashing") as bar:
            bar(1, 2)

    assert said(work).output == ""
