"""What an operator sets: one TOML file, every key below, nothing looked up anywhere else.

Relative paths are below the folder of the file. docs/reference/settings.md lists the same keys; a test
compares.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from custodes.kernel.limits import StrangerLimits
from custodes.kernel.refusal import malformed, unavailable

FILE_NAME = "custodes.toml"
CREDENTIAL_BYTES_MAX = 4_096
_ADDRESS = re.compile(r"https?://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Places and addresses of one installation. Secrets are not settings."""

    house: Path = Path()  # folder of the installation
    console_url: str = "http://localhost:8443"  # where people open the console; passkeys are bound to it
    console_port: int = 8443  # where the console and the API listen
    s3_port: int = 9000  # where the S3 endpoint listens
    xks_port: int = 0  # where AWS KMS finds the external key store proxy; 0: off, and costs nothing
    kms_socket: str = ""  # the KMS plugin's UNIX socket, for a Kubernetes API server; empty: off
    kms_key: str = ""  # name or id of the key it uses
    kms_access: str = "kms.token"  # file with the API token of the application it acts as, mode 0600
    dke_port: int = 0  # where Office finds the key store of Double Key Encryption; 0: off
    transit_port: int = 0  # where tools of the transit engine (Vault, OpenBao, SOPS) find it; 0: off
    transit_url: str = ""  # under which they reach it, https://... of the front; guides print it
    xks_socket: str = ""  # a UNIX socket instead, behind a front that checks client certificates
    log_port: int = 8080  # where the public log is served
    host: str = "127.0.0.1"  # TLS ends in front: other than loopback only behind a front on another machine
    is_exposed: bool = False  # must be true where `host` is not loopback
    s3_domains: tuple[str, ...] = ("localhost",)  # virtual-host style below these names
    strangers_per_s: int = 100  # requests nobody signed, for one customer's public buckets; 0: none is served
    strangers_burst_s: int = 3  # as many of them as in so many seconds may come at once
    strangers_open_max: int = 200  # of one customer's long answers to strangers, at one time
    strangers_plane_per_s: int = 300  # of one S3 plane, for all customers' public buckets together
    auto_unseal: bool = False  # with a holder that opens itself, or with `unseal_credential`
    unseal_credential: str = ""  # name of the systemd credential that holds the passphrase or PIN
    holders: tuple[str, ...] = ()  # URIs of holders of customers' roots, besides the house's own
    outside_hosts: tuple[str, ...] = ()  # `name` or `name:port` that may be asked: sign-in, webhooks, chat
    outgoing_proxy: str = ""  # http://host:port through which everything outside is asked; empty: straight
    outgoing_ca: str = ""  # PEM file of further certificate authorities that are believed outside
    timestamp_url: str = ""  # an RFC 3161 authority; checkpoints are stamped hourly, empty: not at all
    timestamp_roots: str = "timestamp-roots.pem"  # whom that authority is trusted by: certificates, PEM
    mail_server: str = ""  # smtp://host:port (STARTTLS) or smtps://host:port; the rest in docs/operations
    mail_from: str = ""  # sender of notices; its certificate and key lie in the logkeeper's folder
    mail_alarms_to: tuple[str, ...] = ()  # who is told what is for no organisation
    webhooks: tuple[str, ...] = ()  # addresses that get every notice, signed; hosts are in outside_hosts
    matrix: tuple[str, ...] = ()  # server and room that get every notice; the server is in outside_hosts
    log_turns: bool = True  # each year (UTC) the log goes on under an origin of its own
    log_notice_days: int = 30  # so long before, at least, the log says under which; 0 to 366
    time_zone: str = "Europe/Berlin"  # where days begin and times are shown in: a name of the IANA table
    log_level: str = "INFO"  # of the processes' own log: DEBUG, INFO, WARNING, ERROR
    database_url: str = ""  # postgresql://..., its password in a passfile; empty: SQLite here
    database_standbys: int = 0  # how many synchronous standbys PostgreSQL must be told to wait for, at least
    backup_horizon_days: int = 35  # so long a backup can be opened; erased is erased in all after that
    backups: str = ""  # folder of backups, of which the newest is drilled by itself; empty: not at all
    drill_every_days: int = 7  # so often it is restored into a scratch place and proven
    drill_days_max: int = 8  # `custodes doctor` says wrong when the last good restore drill is older
    keyroom_name: str = "first"  # which of the house's keyrooms this is, where several share a database
    demo: bool = False  # must say of the house what it was founded as
    demo_clock_offset_s: int = 0  # a demo house only: how far its clock goes ahead of the machine's

    @property
    def strangers(self) -> StrangerLimits:
        """What those who do not sign may take together."""
        return StrangerLimits(
            per_s=self.strangers_per_s,
            burst_s=self.strangers_burst_s,
            open_max=self.strangers_open_max,
            plane_per_s=self.strangers_plane_per_s,
        )

    @property
    def keyroom(self) -> Path:
        """Folder of the keyroom alone: database, holder file, local token, lock."""
        return self.house / "keyroom"

    def unseal_secret(self) -> bytes:
        """What auto-unseal hands to the holder: the named credential's first line, else nothing.

        systemd decrypts credentials (systemd-creds(1), with a TPM2 where there is one) into a folder that
        only the service sees, and names it in CREDENTIALS_DIRECTORY. `credential-gone` (unavailable).
        """
        if not self.unseal_credential:
            return b""
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        if not folder or "/" in self.unseal_credential or self.unseal_credential in {".", ".."}:
            raise unavailable("credential-gone")
        try:
            raw = (Path(folder) / self.unseal_credential).read_bytes()[:CREDENTIAL_BYTES_MAX]
        except OSError:
            raise unavailable("credential-gone") from None
        return raw.partition(b"\n")[0]

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.keyroom / "custodes.db"

    @property
    def local_token(self) -> Path:
        """This run's token for `Local` evidence, readable by the keyroom's uid alone."""
        return self.keyroom / "local.token"

    @property
    def journal(self) -> Path:
        """What is done while the house is sealed, until it is entries."""
        return self.keyroom / "unseal.jsonl"

    @property
    def sockets(self) -> Path:
        """Folder of the keyroom's socket, shared with planes and logkeeper."""
        return self.house / "sockets"

    @property
    def socket(self) -> Path:
        """The keyroom's socket."""
        return self.sockets / "keyroom.sock"

    @property
    def meters(self) -> Path:
        """Folder of the sockets on which each process tells its metrics."""
        return self.house / "meters"

    @property
    def files(self) -> Path:
        """The socket over which the console hands files to the process that reaches the stores."""
        return self.meters / "s3-files.sock"

    @property
    def logkeeper(self) -> Path:
        """Folder of the logkeeper alone: signing keys, the last published checkpoint."""
        return self.house / "logkeeper"

    @property
    def log_holder(self) -> Path:
        """The logkeeper's own holder file."""
        return self.logkeeper / "holder.key"

    @property
    def log_keys(self) -> Path:
        """The log's keys, wrapped by that holder."""
        return self.logkeeper / "keys.json"

    @property
    def public_log(self) -> Path:
        """Folder of the public root log, served as static files."""
        return self.house / "log"

    @property
    def stores(self) -> Path:
        """Folder under which local object stores lie."""
        return self.house / "stores"


def load(path: Path) -> Settings:
    """Read a settings file; `bad-settings` (malformed) names the first thing wrong."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise malformed("bad-settings", why=str(error)[:200]) from error
    try:
        settings = msgspec.convert(found, Settings, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise malformed("bad-settings", why=str(error)[:200]) from error
    if not _is_zone(settings.time_zone):
        raise malformed("bad-settings", why="time_zone is no name of the IANA table")
    if min(settings.strangers) < 0:
        raise malformed("bad-settings", why="strangers_... is a number, 0 or more")
    if settings.transit_url and not _ADDRESS.fullmatch(settings.transit_url):
        raise malformed("bad-settings", why="transit_url is no https://name or http://name")
    return msgspec.structs.replace(settings, house=(path.parent / settings.house).resolve())


def environment() -> Mapping[str, str]:
    """What this process was started with, for libraries of others that take their credentials from there."""
    return os.environ


def to_toml(settings: Settings) -> str:
    """The file that would be read back as these settings, without `house`."""
    lines = ["# Settings of this installation; docs/reference/settings.md says what each one does."]
    for name in settings.__struct_fields__:
        if name == "house":
            continue
        value = getattr(settings, name)
        lines.append(f"{name} = {msgspec.json.encode(value).decode()}")
    return "\n".join(lines) + "\n"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError
