"""`aws s3api` command by command: s3api.txt, each line with what it answers."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from judges import environment

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1_200)]
PLAYBOOK = Path(__file__).with_name("s3api.txt")
LINE = re.compile(r"(?:(?P<name>[A-Z]+) <- )?(?P<command>.+?)(?: => (?P<wanted>.+))?")
DRIVER = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver


class Text(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    @property
    def said(self):
        return self.buffer.getvalue().decode()


for line in sys.stdin:
    out, err = Text(), Text()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = create_clidriver().main(json.loads(line))
        except SystemExit as ended:
            code = ended.code
    print(json.dumps([code, out.said, err.said]), flush=True)
"""  # one process for all: each start of `aws` takes a second
REFUSED = re.compile(r"An error occurred \((\w+)\)")


def lines():
    """(name to keep its text under, command, what it answers)."""
    for text in PLAYBOOK.read_text(encoding="utf-8").splitlines():
        if text and not text.startswith("#"):
            found = LINE.fullmatch(text)
            assert found is not None, text
            assert bool(found["name"]) != bool(found["wanted"]), text
            yield found["name"], found["command"], found["wanted"]


def filled(command, kept):
    """The arguments; a kept text stands as it is, and inside of JSON as JSON."""
    words = []
    for word in shlex.split(command):
        spelled = json.dumps if word.startswith("{") else str
        words.append(re.sub(r"\$([A-Z]+)", lambda name, spelled=spelled: spelled(kept[name[1]]), word))
    return words


@pytest.mark.parametrize("place", ["http"], indirect=True)
def test_every_command_answers_as_the_playbook_says(place, tmp_path, record_property):
    for name, body in (("body", b"12345"), ("part", b"p" * (5 << 20)), ("tail", b"the end")):
        (tmp_path / name).write_bytes(body)
    told = {**place.environment, "HOME": str(tmp_path), "AWS_PAGER": "", "LC_ALL": "C.UTF-8"}
    told |= {"PATH": "/usr/bin:/bin", "AWS_MAX_ATTEMPTS": "1"}
    kept, wrong, count = {}, [], 0
    call = [str(environment("awscli") / "python"), "-W", "ignore", "-c", DRIVER]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(call, cwd=tmp_path, env=told, **piped) as aws:
        for name, command, wanted in lines():
            words = ["--endpoint-url", place.endpoint, "--output", "text", "s3api", *filled(command, kept)]
            aws.stdin.write(json.dumps(words) + "\n")
            aws.stdin.flush()
            code, out, err = json.loads(aws.stdout.readline())
            refused, text = REFUSED.search(err), " ".join(out.split())
            said = f"! {refused[1]}" if refused else text if code == 0 else f"broke: {err.strip()}"
            count += 1
            if name:
                kept[name] = text
            if not (said == wanted or (code == 0 and (name or wanted == "ok"))):
                wrong.append(f"{command}\n    wanted {wanted or name}, said {said}")
    record_property("figure", f"{count - len(wrong)} of {count} commands")
    assert not wrong, "\n".join(wrong)
