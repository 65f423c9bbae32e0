"""Every command: `--json`, a line of help, completion in three shells."""

import subprocess

import click
import pytest
from click.testing import CliRunner

from custodes.cli.main import main

WITHOUT_JSON = {"init", "serve", "completion"}


def commands(group=main, name=()):
    for key, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*name, key))
        else:
            yield " ".join((*name, key)), command


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_every_command_says_what_it_does(name):
    command = ALL[name]
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
    done = CliRunner().invoke(main, [*name.split(), "--help"])
    assert done.exit_code == 0


@pytest.mark.parametrize("name", sorted(ALL.keys() - WITHOUT_JSON))
def test_every_command_speaks_json(name):
    assert any("--json" in option.opts for option in ALL[name].params)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_CUSTODES_COMPLETE" in done.stdout
    assert "custodes" in done.stdout


def test_bash_reads_the_completion(tmp_path):
    script = CliRunner().invoke(main, ["completion", "bash"]).stdout
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_commands_complete(monkeypatch):
    monkeypatch.setenv("COMP_WORDS", "custodes file-key n")
    monkeypatch.setenv("COMP_CWORD", "2")
    done = CliRunner().invoke(main, env={"_CUSTODES_COMPLETE": "bash_complete"}, prog_name="custodes")
    assert done.stdout.strip() == "plain,new"
