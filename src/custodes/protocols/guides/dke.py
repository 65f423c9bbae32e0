"""How to make Microsoft 365 use a connection for Double Key Encryption.

Commands are those of the Azure command line (`az ad app`) and of Security & Compliance PowerShell
(`Set-Label`, parameter `EncryptionDoubleKeyEncryptionUrl`); the registry value is the one Microsoft's guide
to DKE names for Office programs that do not have it switched on yet. *Not seen the real cloud.*
"""

from .step import Step, bare, front, quoted

NAME_HOST = "dke.example.org"


def steps(name: str, host: str, path: str, keys: tuple[str, ...], *, listens: str) -> tuple[Step, ...]:
    """The steps for a connection, `path` being `/` and its id. `host` empty: an example.

    `bad-name` (malformed) for a name that a shell would take apart.
    """
    called, reached = quoted(name), host or NAME_HOST
    urls = [f"https://{reached}{path}/{bare(key)}" for key in keys]
    commands = [
        ("front", front(reached, path, listens)),
        ("dke-app", f"az ad app create --display-name {called} --identifier-uris https://{reached}"),
        *(("dke-label", _LABEL.format(url)) for url in urls),
        ("dke-client", _CLIENT),
        *(("dke-look", _LOOK.format(url)) for url in urls[:1]),
    ]
    return tuple(Step(code=code, command=command) for code, command in commands)


_LABEL = (
    "Connect-IPPSSession\n"
    "Set-Label -Identity $Label -EncryptionEnabled $true -EncryptionDoubleKeyEncryptionUrl {}"
)
_CLIENT = (
    r"reg add HKLM\SOFTWARE\Microsoft\MSIPC\flighting /v DoubleKeyProtection /t REG_DWORD /d 1"
    "\n"
    r"reg add HKLM\SOFTWARE\WOW6432Node\Microsoft\MSIPC\flighting /v DoubleKeyProtection /t REG_DWORD /d 1"
)
_LOOK = "curl --silent {0}\ncurl --silent --include --data '' {0}/1/decrypt"
