"""`custodes demo` and `custodes tour` as somebody types them, in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 150


class Demo:
    """A demo in a folder; `first` stands before our own code on the path of everything it starts."""

    def __init__(self, folder, first=None):
        self.folder = folder
        path = [str(one) for one in (first, ROOT / "src") if one]
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONWARNINGS": "default"}

    def command(self, name, *arguments):
        code = "from custodes.cli import main; main()"
        return [sys.executable, "-c", code, name, "--folder", str(self.folder), *arguments]

    def run(self, name, *arguments):
        """Run to its end; gives the finished process."""
        return subprocess.run(
            self.command(name, *arguments),
            env=self.environment,
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

    def start(self, *arguments):
        """Start `demo` and wait until it says that Ctrl-C stops it; gives the process and what it said."""
        process = subprocess.Popen(
            self.command("demo", *arguments),
            env=self.environment,
            cwd=self.folder.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C stops it" in line:
                return process, "".join(said)
        raise AssertionError("".join(said))

    def interrupt(self, process):
        """Ctrl-C: the signal goes to the whole group, as a terminal sends it; the exit code."""
        os.killpg(process.pid, signal.SIGINT)
        with process.stdout:
            process.stdout.read()
        return process.wait(30)


def steps(finished):
    """The steps of a tour played with `--json`, by name."""
    return {step["name"]: step for step in json.loads(finished.stdout)["steps"]}


def children(pid):
    """Processes that this one started and that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def until(holds, within_s=10.0):
    """Wait until something holds; False when it never did."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False
