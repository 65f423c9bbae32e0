import json

import pytest

from custodes.cli.touring import transcript


def told(**changes):
    step = {"number": 1, "part": "P", "claim": "C.", "done": "d", "shown": "s", "proved": True, **changes}
    return json.dumps({"steps": [step], "proved": int(step["proved"]), "of": 1, "not_prevented": []})


def test_a_transcript_stands_between_its_marks():
    readme = f"before\n{transcript.BEGIN}\nold\n{transcript.END}\nafter\n"
    made = transcript.written(told())
    again = transcript.put_in(readme, made)
    assert transcript.in_readme(again) == made
    assert again.startswith("before\n")
    assert again.endswith("\nafter\n")
    with pytest.raises(ValueError, match="substring"):
        transcript.in_readme("no marks")


def test_a_step_that_was_not_proved_shows():
    assert "NOT PROVED: s" in transcript.written(told(proved=False))
    assert transcript.written(told(proved=False)) != transcript.written(told())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("case cas-00000000000000000000000000", "case cas-zzzzzzzzzzzzzzzzzzzzzzzzzz"),
        ("at 2026-11-22T09:00:00Z", "at 2027-01-01T00:00:00Z"),
        ("http://localhost:8080/log", "http://localhost:12345/log"),
        ("residents/0011aabb/x", "residents/ffffffff/x"),
        ("92 leaves", "1 leaves"),
    ],
)
def test_what_differs_from_run_to_run_is_evened_out(one, other):
    assert transcript.even(one) == transcript.even(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("HTTP 200", "HTTP 403"), ("exit code 0", "exit code 1"), ("0 of 12 flipped", "1 of 12 flipped")],
)
def test_what_is_proved_is_not(one, other):
    assert transcript.even(one) != transcript.even(other)
