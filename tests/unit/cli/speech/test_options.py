import click
import pytest
from click.testing import CliRunner

from custodes.adapters import file_key
from custodes.adapters.system import SystemDice
from custodes.cli.speech import offline, reaching, signing
from custodes.cli.speech.options import confirm, open_file_key, passphrase_from
from custodes.kernel.refusal import absent


def run(command, *arguments, **how):
    return CliRunner().invoke(command, [str(one) for one in arguments], **how)


def test_a_refusal_ends_here():
    @click.command()
    @offline
    def command(out):
        raise absent("no-such-thing")

    done = run(command)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("no-such-thing. ")


def test_a_folder_is_asked_for(tmp_path):
    @click.command()
    @reaching
    def command(asker):
        asker.look()

    done = run(command, env={"CUSTODES_FOLDER": None})
    assert done.exit_code == 2
    done = run(command, "--folder", tmp_path)
    assert done.exit_code == 1
    assert "bad-settings" in done.stderr
    (tmp_path / "custodes.toml").write_text("")
    done = run(command, "--folder", tmp_path)
    assert done.exit_code == 3
    assert "keyroom-gone" in done.stderr


def test_where_a_token_comes_from(tmp_path):
    @click.command()
    @reaching
    def command(asker):
        click.echo(asker.evidence.token)

    file = tmp_path / "token"
    file.write_text("from a file\n")
    env = {"CUSTODES_TOKEN": "from the environment"}
    assert run(command, env=env).stdout == "from the environment\n"
    assert run(command, "--token", "from the line", env=env).stdout == "from the line\n"
    assert run(command, "--token-file", file, env=env).stdout == "from a file\n"
    done = run(command, env={"CUSTODES_TOKEN": None})
    assert (done.exit_code, "token-missing" in done.stderr) == (1, True)


def test_the_key_is_opened_when_it_is_needed(tmp_path):
    public = file_key.create(tmp_path / "k", None, SystemDice())

    @click.command()
    @signing
    def command(asker):
        click.echo(asker.key.public == public)

    assert run(command, "--key-file", tmp_path / "k").stdout == "True\n"
    done = run(command)
    assert done.exit_code == 2
    assert "--key-file" in done.stderr


def test_a_passphrase_is_normalised(tmp_path):
    file = tmp_path / "p"
    file.write_text("Schlu\u0308ssel\n", encoding="utf-8")
    assert passphrase_from(file, "x") == "Schlüssel".encode()
    file_key.create(tmp_path / "k", "Schlüsselbund".encode(), SystemDice())
    file.write_text("Schlu\u0308sselbund\n", encoding="utf-8")
    assert open_file_key(tmp_path / "k", file).public == file_key.public_of(tmp_path / "k")


@pytest.mark.parametrize(
    ("typed", "good"), [("cus-1", True), (" cus-1 ", True), ("cus-2", False), ("", False)]
)
def test_a_confirmation_is_exact(typed, good):
    if good:
        confirm("All stands still.", "cus-1", typed)
        return
    with pytest.raises(click.UsageError, match="nothing was done"):
        confirm("All stands still.", "cus-1", typed)
