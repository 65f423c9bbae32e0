"""A real OpenLDAP server of Debian's on loopback: a town's people and their groups."""

import os
import shutil
import subprocess
import time

import pytest

from fakes.ports import free_port

BASE = "dc=town,dc=example"
ADMIN, PASSWORD = f"cn=admin,{BASE}", "admin-of-the-test"
CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
database mdb
maxsize 10485760
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {folder}/db
"""
PEOPLE = (("nina", "Nina", "Neu"), ("otto", "Otto", "Ohm"))
GROUPS = (("G-Amtsleitung", "nina"), ("G-Sachbearbeitung", "otto"))


def _ldif():
    units = [("people", "organizationalUnit"), ("groups", "organizationalUnit")]
    rows = [f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: town\no: Town"]
    rows += [f"dn: ou={name},{BASE}\nobjectClass: {kind}\nou: {name}" for name, kind in units]
    for login, given, family in PEOPLE:
        rows.append(
            f"dn: uid={login},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {login}\n"
            f"cn: {given} {family}\nsn: {family}\ngivenName: {given}\nmail: {login}@town.example\n"
            f"userPassword: {login}-of-the-test"
        )
    for name, member in GROUPS:
        who = f"uid={member},ou=people,{BASE}"
        rows.append(f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\nmember: {who}")
    return "\n\n".join(rows) + "\n"


class Slapd:
    """`with Slapd(folder) as ldap:`"""

    def __init__(self, folder):
        if shutil.which("slapd", path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.skip("slapd is not installed: `make deps` does it")
        self.folder = folder / "slapd"
        self.url = f"ldap://127.0.0.1:{free_port()}"

    def __enter__(self):
        (self.folder / "db").mkdir(parents=True)
        words = {"folder": self.folder, "base": BASE, "admin": ADMIN, "password": PASSWORD}
        conf = self.folder / "slapd.conf"
        conf.write_text(CONF.format(**words))
        command = ["/usr/sbin/slapd", "-f", str(conf), "-h", self.url, "-d", "0"]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while self._run("ldapwhoami").returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, "slapd does not come up"
            time.sleep(0.05)
        done = self._run("ldapadd", told=_ldif())
        assert done.returncode == 0, done.stderr
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def remove(self, login):
        """A person is taken out of the directory."""
        done = self._run("ldapdelete", f"uid={login},ou=people,{BASE}")
        assert done.returncode == 0, done.stderr

    def _run(self, program, *more, told=None):
        command = [program, "-x", "-H", self.url, "-D", ADMIN, "-w", PASSWORD, *more]
        return subprocess.run(command, input=told, capture_output=True, text=True, check=False, timeout=30)
