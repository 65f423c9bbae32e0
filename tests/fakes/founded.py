"""A house founded as docs/operations/founding.md says: passphrase, two witnesses, processes, only commands.

`PYTHONPATH=src:tests python tests/fakes/founded.py FOLDER` founds one to look round in.
"""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from custodes.settings import FILE_NAME, load
from fakes.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CLI = "import sys; from custodes.cli import main; main(sys.argv[1:], prog_name='custodes')"
WITNESSES = ("town", "county")
UP_WITHIN_S = 90.0
PASSPHRASE = "a long passphrase of the holder"


class Founded:
    """`found()` does the page; `does(...)` is one command as whoever `who` names, `told(...)` its JSON."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.house = folder / "house"
        self.ids = {}
        self.ports = {name: free_port() for name in ("console", "s3", "log", *WITNESSES)}
        self.running = {}

    def does(self, *line, who="", code=(0,), key=True):
        """One command; `who` has a token and a file key of that name."""
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "CUSTODES_FOLDER": str(self.house)}
        env |= {"CUSTODES_TOKEN": "", "LC_ALL": "C.UTF-8"}
        if who and (self.folder / f"{who}.token").exists():
            env["CUSTODES_TOKEN"] = (self.folder / f"{who}.token").read_text().strip()
        if who and key:
            env["CUSTODES_KEY_FILE"] = str(self.folder / f"{who}.key")
        if not self.house.is_dir():
            del env["CUSTODES_FOLDER"]
        call = [sys.executable, "-c", CLI, *(str(one) for one in line)]
        done = subprocess.run(call, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode in code, f"custodes {shlex.join(call[3:])}\n{done.stdout}{done.stderr}"
        return done

    def told(self, *line, who="", **how):
        return json.loads(self.does(*line, "--json", who=who, **how).stdout)

    def starts(self, name, *line):
        """A process of its own, until `stop`."""
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        with (self.folder / f"{name}.log").open("ab") as log:
            call = [sys.executable, "-c", CLI, *(str(one) for one in line)]
            self.running[name] = subprocess.Popen(call, cwd=self.folder, env=env, stdout=log, stderr=log)

    def stop(self, *names):
        for name in names or tuple(self.running):
            one = self.running.pop(name)
            one.terminate()
            one.wait(60)

    # --- the page, chapter by chapter

    def found(self):
        self._keys("root", "ada", "karl", "town-root", "olga", "anna", "provider-root")
        lines = []
        for name in WITNESSES:
            place = self.folder / f"witness-{name}"
            self.does(
                "witness",
                "init",
                place,
                "--name",
                f"witness.{name}.example/w1",
                "--plain",
                "--port",
                self.ports[name],
            )
            vkey = self.does("witness", "key", place).stdout.split()[0]
            lines += [
                f"witness {name} {vkey} http://127.0.0.1:{self.ports[name]}/",
                f"#: party {name} {name}-of-example",
            ]
        lines += [f"group q 1 {' '.join(WITNESSES)}", "quorum q"]
        (self.folder / "policy").write_text("\n".join(lines) + "\n")
        (self.folder / "pass").write_text(PASSPHRASE + "\n")
        made = self.told(
            *("init", self.house, "--name", "Musterland IT", "--origin", "log.example/house"),
            *("--policy", "policy"),
            *("--console", f"http://localhost:{self.ports['console']}", "--passphrase-file", "pass"),
        )  # fmt: skip
        self.ids["house"] = made["id"]
        settings = self.house / FILE_NAME
        text = settings.read_text()
        for name, old in (("s3", 9000), ("log", 8080)):
            text = text.replace(f"{name}_port = {old}", f"{name}_port = {self.ports[name]}")
        settings.write_text(text)
        settled = self.told(
            *("settle", "--organisation", "Musterland IT", "--country", "DE", "--root", "root.key"),
            *("--person", "Ada Adler", "ada@example.org", "ada.pub", "administrator"),
            *("--person", "Karl Kern", "karl@example.org", "karl.pub", "approver,key-officer"),
            *("--passphrase-file", "pass"),
        )
        for name, one in zip(("ada", "karl"), settled["people"], strict=True):
            self.ids[name], self.ids[f"{name}-key"] = one["id"], one["credential"]
        for name in WITNESSES:
            place = self.folder / f"witness-{name}"
            self.does("witness", "add-log", place, "--pins", self.house / "log" / "pins.json")
            self.starts(name, "witness", "run", place)
        self.serve()
        for name in ("ada", "karl"):
            self.sign_in(name)
        self._provider()
        self._customer()
        return self

    def serve(self):
        """Every process, the holder opened, S3 answering, the log witnessed."""
        self.starts("house", "serve", self.house)
        self._until(lambda: self.does("status", code=(0, 3)).returncode == 0)
        self.does("unseal", "--passphrase-file", "pass")
        self._until(lambda: answers(f"http://localhost:{self.ports['s3']}/"))
        self._until(lambda: "quorum" in self._fine())

    def sign_in(self, name):
        (self.folder / f"{name}.token").unlink(missing_ok=True)
        line = ("sign-in", "--credential", self.ids[f"{name}-key"], "--out", f"{name}.token")
        self.does(*line, who=name)

    def _fine(self):
        done = self.does("doctor", "--json", code=(0, 1))
        return {one["name"] for one in json.loads(done.stdout) if one["state"] == "ok"}

    def _keys(self, *names):
        for name in names:
            self.does("file-key", "new", f"{name}.key", "--plain")
            public = self.does("file-key", "public", f"{name}.key").stdout
            (self.folder / f"{name}.pub").write_text(public)

    def _provider(self):
        line = (
            "party",
            "organisation",
            "--name",
            "Rechenzentrum Nord",
            "--kind",
            "provider",
            "--country",
            "DE",
        )
        self.ids["provider"] = self.told(*line, "--key-file", "provider-root.key", who="ada")["id"]
        for name in ("bonn", "attic"):
            self.ids[name] = self.place(name, f"file://{load(self.house / FILE_NAME).stores / name}")

    def place(self, name, uri, who="ada"):
        line = ("location", "set", "--name", name, "--country", "DE", "--operator", self.ids["provider"])
        return self.told(*line, "--jurisdiction", "DE", "--store", uri, who=who)["id"]

    def _customer(self):
        (self.folder / "town.yaml").write_text(self.does("apply", "--template", "town").stdout)
        apply = ("apply", "-f", "town.yaml", "--yes")
        self.does(*apply, who="ada", key=False)
        line = (
            "party",
            "organisation",
            "--name",
            "Stadt Musterstadt",
            "--kind",
            "customer",
            "--country",
            "DE",
        )
        public = (self.folder / "town-root.pub").read_text().strip()
        line = (*line, "--group", "Stadt Musterstadt", "--root-public", public, "--save", "e.json")
        made = self.told(*line, who="ada")
        self.ids["town"] = made["id"]
        self._enrolled("town-root", "ada")
        self.does(*apply, who="ada", key=False)
        plan = self.told("apply", "-f", "town.yaml", "--plan", who="ada", code=(2,))
        self.ids["customer"] = self.told("whoami", who="ada")["customers"][-1][0]
        listed = self.told("party", "list", "--customer", self.ids["customer"], who="ada")["parties"]
        self.ids["application"] = next(one["id"] for one in listed if one["kind"] == "application")
        for name, person, roles in (
            ("olga", "Olga Ott", ("owner", "key-officer")),
            ("anna", "Anna Amsel", ("approver",)),
        ):
            self._join(name, person, roles, plan)
        self.does(*apply, who="olga")

    def _join(self, name, person, roles, plan):
        (vetting,) = [one for one in plan["steps"] if one["noun"] == "vetting" and name in one["name"]]
        id_ = next(word for word in vetting["commands"][0].split() if word.startswith("per-"))
        self.ids[name] = id_
        self.does("party", "vet", id_, "--document", "v.json", who="ada")
        signed = self.does(
            "file-key",
            "sign",
            "karl.key",
            "v.json",
            "--credential",
            self.ids["karl-key"],
            "--confirm",
            "sign",
        )
        (self.folder / "v.sig").write_text(signed.stdout)
        self.does("party", "vet", id_, "--approval", "v.sig", who="ada")
        more = [word for role in roles for word in ("--role", role)]
        made = self.told(
            *("party", "credential", id_, f"{name}.pub", "--organisation", self.ids["town"]),
            *("--customer", self.ids["customer"], *more, "--out", "e.json"),
            who="ada",
        )
        self.ids[f"{name}-key"] = made["id"]
        self._enrolled("town-root", "ada")
        self.sign_in(name)

    def _enrolled(self, root, who):
        signed = self.does("file-key", "sign", f"{root}.key", "e.json", "--root", "--confirm", "sign")
        (self.folder / "e.sig").write_text(signed.stdout)
        self.does("party", "enrol", "e.json", "e.sig", who=who)

    def s3_key(self):
        """Environment of an S3 client of the town's application."""
        line = ("party", "s3-key", self.ids["application"], "--label", "archive server")
        made = self.told(*line, who="olga")
        return {
            "AWS_ENDPOINT_URL": f"http://localhost:{self.ports['s3']}",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": made["access_id"],
            "AWS_SECRET_ACCESS_KEY": made["secret"],
        }

    def _until(self, holds):
        until = time.monotonic() + UP_WITHIN_S
        while not holds():
            assert time.monotonic() < until, (self.folder / "house.log").read_text()[-3000:]
            time.sleep(0.2)


def answers(url):
    """Whether anything answers there, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


if __name__ == "__main__":
    house = Founded(Path(sys.argv[1]).resolve())
    house.folder.mkdir()
    house.found()
    found = {**house.ids, **house.s3_key(), **{f"{name}_port": one for name, one in house.ports.items()}}
    found["pids"] = " ".join(str(one.pid) for one in house.running.values())
    sys.stdout.write("".join(f"{name.replace('-', '_')}='{one}'\n" for name, one in found.items()))
