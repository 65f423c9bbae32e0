"""How a Kubernetes API server seals its secrets with a customer's key (KMS provider API v2)."""

import re

from custodes.kernel.refusal import malformed

from .step import Step, bare

SOCKET = "/srv/custodes/kms/kms.sock"
ACCESS = "kms.token"
_FILE = re.compile(r"[A-Za-z0-9._/-]{1,200}")
_PATH = re.compile(r"/[A-Za-z0-9._/-]{1,100}")


def steps(key: str, socket: str, access: str = "") -> tuple[Step, ...]:
    """The steps for a key. `socket` and `access` (the token's file) as the settings have them; empty: what is
    proposed. `bad-name` (malformed) for what needs quotes.
    """
    path, token = socket or SOCKET, access or ACCESS
    if not _PATH.fullmatch(path) or not _FILE.fullmatch(token):
        raise malformed("bad-name")
    commands = [
        ("kms-settings", _SETTINGS.format(path, bare(key), token)),
        ("kms-configuration", _CONFIGURATION.format(path)),
        ("kms-rewrite", "kubectl get secrets -A -o json | kubectl replace -f -"),
    ]
    return tuple(Step(code=code, command=command) for code, command in commands)


_SETTINGS = 'kms_socket = "{}"\nkms_key = "{}"\nkms_access = "{}"'
_CONFIGURATION = """apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - kms: {{apiVersion: v2, name: custodes, endpoint: "unix://{}", timeout: 3s}}
      - identity: {{}}"""
