"""A passphrase under a TPM: sealed by systemd-creds with a software TPM, opened as a unit would get it.

The decryption that systemd does for a unit (`LoadCredentialEncrypted=`) is done here by its own program.
"""

import os
import shutil
import socket
import subprocess
import time

import pytest

from custodes.adapters import file_holder
from custodes.adapters.file_holder import FileHolder
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from fakes import SeededDice
from fakes.ports import free_port

PASSPHRASE = b"correct horse battery"


@pytest.fixture
def tpm(tmp_path):
    """Runs systemd-creds against a fresh software TPM; each run of it starts the TPM anew, as a boot does."""
    if shutil.which("swtpm") is None or shutil.which("systemd-creds") is None:
        assert os.environ.get("CI") != "true", "swtpm and systemd-creds are needed"
        pytest.skip("not judged: swtpm or systemd-creds is missing")

    def run(state, *arguments):
        state.mkdir(exist_ok=True)
        port = free_port(behind=1)
        control = port + 1  # where the library looks for it
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}"]
        command += ["--server", f"type=tcp,port={port}", "--ctrl", f"type=tcp,port={control}"]
        process = subprocess.Popen([*command, "--flags", "not-need-init,startup-clear"])
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", control)) == 0:
                        break
                time.sleep(0.05)
            device = f"--tpm2-device=swtpm:port={port}"
            creds = ["systemd-creds", arguments[0], device, *arguments[1:]]
            return subprocess.run(creds, capture_output=True, timeout=60, check=False)
        finally:
            process.terminate()
            process.wait(10)

    return run


def test_a_machine_with_its_tpm_unseals_and_another_does_not(tpm, tmp_path, monkeypatch):
    holder = FileHolder(file_holder.create(tmp_path / "holder.key", PASSPHRASE, SeededDice(1)))
    (tmp_path / "plain").write_bytes(PASSPHRASE)
    sealed = tmp_path / "holder.cred"
    done = tpm(
        tmp_path / "own", "encrypt", "--with-key=tpm2", "--tpm2-pcrs=16", "--name=holder",
        str(tmp_path / "plain"), str(sealed),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert PASSPHRASE not in sealed.read_bytes()

    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    opened = tpm(tmp_path / "own", "decrypt", "--name=holder", str(sealed), str(credentials / "holder"))
    assert opened.returncode == 0, opened.stderr
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    holder.unseal(Settings(auto_unseal=True, unseal_credential="holder").unseal_secret())
    assert not holder.is_sealed

    stolen = tpm(tmp_path / "thief", "decrypt", "--name=holder", str(sealed), str(tmp_path / "stolen"))
    assert stolen.returncode != 0
    assert not (tmp_path / "stolen").exists()
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(Refusal, match="credential-gone"):
        Settings(auto_unseal=True, unseal_credential="holder").unseal_secret()
