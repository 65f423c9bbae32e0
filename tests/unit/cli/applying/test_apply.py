"""`custodes apply` on a house that answers: plan, exit codes, JSON, doing it, export, templates."""

import json

import pytest

from custodes.cli.applying.apply import EXIT_DIFFERS
from custodes.cli.main import main
from fakes.applying import DEFAULT, file
from fakes.served import api_of

pytestmark = pytest.mark.slow


@pytest.fixture
def town(house):
    path = house.folder / "town.yaml"
    path.write_text(file())
    return path


def test_the_plan_changes_nothing_and_says_so_by_its_exit_code(house, town):
    shown = house.run("apply", "-f", str(town), "--plan", who=house.world.ada)
    assert shown.exit_code == EXIT_DIFFERS
    assert "+ location hall" in shown.stdout
    assert "waits for an owner, by signature: Town" in shown.stdout
    again = house.run("apply", "-f", str(town), "--plan", who=house.world.ada)
    assert again.stdout == shown.stdout


def test_it_is_carried_out_once(house, town):
    ada = house.world.ada
    line = ("apply", "-f", str(town), "--yes", "--json")
    first = json.loads(house.run(*line, who=ada).stdout)
    assert "location/hall" in first["done"]
    assert first["refused"] == []
    second = house.run(*line, who=ada)
    assert (second.exit_code, json.loads(second.stdout)["done"]) == (0, [])


def test_a_digest_must_be_the_one_that_was_shown(house, town):
    ada = house.world.ada
    shown = json.loads(house.run("apply", "-f", str(town), "--plan", "--json", who=ada).stdout)
    wrong = house.run("apply", "-f", str(town), "--expect", "0" * 64, who=ada)
    assert (wrong.exit_code, "plan-changed" in wrong.stderr) == (1, True)
    right = house.run("apply", "-f", str(town), "--expect", shown["digest"], who=ada)
    assert right.exit_code == 0, right.output
    late = house.run("apply", "-f", str(town), "--expect", shown["digest"], who=ada)
    assert late.exit_code == 1


def test_nothing_is_done_without_a_yes(house, town):
    asked = house.run("apply", "-f", str(town), who=house.world.ada)
    assert asked.exit_code == 1
    assert "Done" not in asked.stdout


def test_an_owner_signs_what_is_his_and_a_weakening_wants_its_own_word(house, town):
    house.run("apply", "-f", str(town), "--yes", who=house.world.ada)
    mine = ("apply", "-f", str(town), "--yes")
    town.write_text(file(forms=[*DEFAULT, "people-only-under-grant"]))
    done = house.run(*mine, who=house.world.olga)
    assert done.exit_code == 0, done.output
    assert "rules of Town" in done.stdout
    town.write_text(file())
    shown = house.run("apply", "-f", str(town), "--plan", who=house.world.olga)
    assert "WEAKER: a rule that forbids is dropped (people-only-under-grant)" in shown.stdout
    held = house.run(*mine, who=house.world.olga)
    assert (held.exit_code, "--allow-weaker" in held.stdout) == (1, True)
    assert house.run(*mine, "--allow-weaker", who=house.world.olga).exit_code == 0


def test_an_export_has_nothing_to_do(house):
    ada, path = house.world.ada, house.folder / "out.yaml"
    path.write_text(house.run("apply", "--export", house.world.customer_row.id, who=ada).stdout)
    shown = house.run("apply", "-f", str(path), "--plan", who=ada)
    assert (shown.exit_code, "Nothing to do" in shown.stdout) == (0, True), shown.output


def test_a_fault_is_one_line_with_file_line_and_path(house, town):
    town.write_text("custodes: onboarding/v1\ncustomers:\n- name: A\n  nonsense: 1\n  organisation: B\n")
    said = house.run("apply", "-f", str(town), "--plan", who=house.world.ada)
    assert said.exit_code == 1
    assert said.stderr.startswith(f"{town}:4: $.customers[0]: wrong-form")
    assert len(said.stderr.splitlines()) == 1
    plain = json.loads(house.run("apply", "-f", str(town), "--plan", "--json", who=house.world.ada).stderr)
    assert (plain["code"], plain["facts"]["line"]) == ("file-refused", 4)


def test_a_template_needs_no_house(house):
    made = house.run("apply", "--template", "school", "--set", "customer=Gymnasium: Nord")
    assert made.exit_code == 0
    assert 'name: "Gymnasium: Nord"' in made.stdout
    assert house.run("apply", "--template", "school", "--set", "customer").exit_code == 2
    assert house.run("apply").exit_code == 2


def test_over_the_api_it_is_the_same(house, town):
    here = house.run("apply", "-f", str(town), "--plan", "--json", who=house.world.ada)
    with api_of(house) as address:
        house.url = address
        there = house.run("apply", "-f", str(town), "--plan", "--json", who=house.world.ada)
        assert (there.exit_code, there.stdout) == (here.exit_code, here.stdout)
        done = house.run("apply", "-f", str(town), "--yes", who=house.world.ada)
        assert done.exit_code == 0, done.output


def test_it_hangs_on_the_main_command():
    assert "apply" in main.commands
