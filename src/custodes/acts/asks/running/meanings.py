"""What every finding is called, what a lack means and what mends it: English and German, one table.

`mend` is what an administrator types, or the page that says how; it is the same in both languages. A mending
command acts on the installation whose folder is DIR.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

_YEARS = "docs/operations/years.md"


class Meaning(msgspec.Struct, frozen=True):
    """Why a finding is not `ok`, and what mends it."""

    en: str
    de: str
    mend: str


NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "python": ("Python", "Python"),
        "openssl": ("OpenSSL", "OpenSSL"),
        "ml-dsa": ("Signatures with ML-DSA", "Signaturen mit ML-DSA"),
        "landlock": ("Landlock", "Landlock"),
        "memory-lock": ("Keys stay in memory", "Schlüssel bleiben im Arbeitsspeicher"),
        "swap": ("Swap", "Auslagerung"),
        "tracing": ("Tracing of other processes", "Beobachten fremder Prozesse"),
        "users": ("Users of the processes", "Benutzer der Prozesse"),
        "clock-sync": ("The machine's clock is set by a server", "Uhr wird nachgestellt"),
        "clock-log": ("Clock against the last entry", "Uhr gegen den letzten Eintrag"),
        "clock-witnesses": ("Clock against the witnesses", "Uhr gegen die Zeugen"),
        "clock-keyrooms": ("Clocks of the keyrooms", "Uhren der Schlüsselräume"),
        "holder": ("Holder", "Halter"),
        "seal": ("Seal", "Siegel"),
        "kills": ("Kills", "Notabschaltungen"),
        "key-files": ("Files with keys", "Dateien mit Schlüsseln"),
        "disk-space": ("Disk space", "Plattenplatz"),
        "fsync": ("How fast the disk is sure", "Wie schnell die Platte sicher ist"),
        "database": ("Database", "Datenbank"),
        "schema": ("Tables of the database", "Tabellen der Datenbank"),
        "standby": ("Standby of the database", "Zweite Datenbank"),
        "backup": ("Last backup", "Letzte Sicherung"),
        "drill": ("Last restore drill", "Letzte Rückspielprobe"),
        "quorum": ("Quorum of witnesses", "Quorum der Zeugen"),
        "witness": ("Witness", "Zeuge"),
        "shard": ("Year of the log", "Jahr des Protokolls"),
        "witness-asked": ("Witness, asked now", "Zeuge, jetzt gefragt"),
        "checkpoint": ("Published checkpoint", "Veröffentlichter Stand"),
        "timestamps": ("Time stamps", "Zeitstempel"),
        "certificate": ("Certificate", "Zertifikat"),
        "scrub": ("Copies are read again", "Kopien werden wieder gelesen"),
        "copies": ("Copies missing; too few; lost", "Kopien fehlend; zu wenige; verloren"),
        "stores": ("Stores answer", "Speicher antworten"),
        "strays": ("Blobs that belong to nothing", "Blobs, die zu nichts gehören"),
        "outbox": ("Messages that wait", "Wartende Nachrichten"),
        "webhooks": ("Webhooks that take their events", "Webhooks, die ihre Ereignisse annehmen"),
        "room": ("Limits of space that are reached", "Erreichte Grenzen des Speicherplatzes"),
        "keyroom": ("Keyroom", "Schlüsselraum"),
        "logkeeper": ("Logkeeper", "Protokollführer"),
        "console": ("Console and API", "Konsole und API"),
        "s3": ("S3 endpoint", "S3-Endpunkt"),
        "log": ("Public log", "Öffentliches Protokoll"),
        "xks": ("Keys for AWS (XKS)", "Schlüssel für AWS (XKS)"),
        "transit": ("Transit endpoint", "Transit-Endpunkt"),
        "dke": ("Double Key Encryption", "Doppelschlüsselverschlüsselung (DKE)"),
        "kms": ("Kubernetes KMS plugin", "KMS-Plugin für Kubernetes"),
        "port": ("Port", "Port"),
    }
)

_RESTORE = "docs/runbooks/restore.md"
_CONFLICT = "docs/runbooks/witness-conflict.md"
_CLOCK = "docs/runbooks/clock.md"
_COPIES = "docs/operations/buckets.md"

_POSTGRES = "docs/reference/postgresql.md"

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "python-old": Meaning(
            "Nothing runs below 3.11.", "Unter 3.11 läuft nichts.", "apt install python3.11"
        ),
        "no-ml-dsa": Meaning(
            "Checkpoints cannot be signed.",
            "Stände des Protokolls können nicht signiert werden.",
            "pip install --require-hashes -r requirements/custodes.txt",
        ),
        "no-landlock": Meaning(
            "A broken plane can read every file its user can read.",
            "Ein übernommener Frontprozess kann jede Datei seines Benutzers lesen.",
            "Linux 5.13 or newer, booted with lsm=landlock,...",
        ),
        "not-locked": Meaning(
            "Keys in memory may be written to swap.",
            "Schlüssel können auf die Platte ausgelagert werden.",
            "systemctl edit custodes-keyroom: LimitMEMLOCK=infinity",
        ),
        "swap-on": Meaning(
            "What was in memory may lie on a disk.",
            "Was im Arbeitsspeicher war, kann auf einer Platte liegen.",
            "swapoff --all",
        ),
        "tracing-open": Meaning(
            "Programs of one user may look into each other.",
            "Programme eines Benutzers können ineinander sehen.",
            "sysctl --write kernel.yama.ptrace_scope=1",
        ),
        "one-user": Meaning(
            "Planes run as the keyroom's user: without Landlock a broken one reads the keyroom's files.",
            "Frontprozesse laufen als Benutzer des Schlüsselraums und lesen ohne Landlock dessen Dateien.",
            "deploy/systemd/README.md",
        ),
        "not-synchronised": Meaning(
            "A clock far from the witnesses' stops grants.",
            "Eine Uhr, die weit von denen der Zeugen abweicht, hält Freigaben an.",
            "timedatectl set-ntp true",
        ),
        "clock-behind-log": Meaning(
            "This clock is behind the log: nothing is decided.",
            "Die Uhr geht dem Protokoll nach: Nichts wird entschieden.",
            _CLOCK,
        ),
        "clock-not-vouched": Meaning(
            "No independent quorum has vouched for the time since the start.",
            "Seit dem Start hat kein unabhängiges Quorum die Zeit bestätigt.",
            "custodes clock show --folder DIR",
        ),
        "clock-apart": Meaning(
            "The clock is too far from the witnesses': grants and all that ends by time stand still.",
            "Die Uhr weicht zu weit von den Zeugen ab: Freigaben und alles Befristete stehen still.",
            _CLOCK,
        ),
        "clock-jumped": Meaning(
            "The clock jumped: nothing is destroyed by time until two officers or the witnesses confirm it.",
            "Die Uhr ist gesprungen: Bis zur Bestätigung wird nichts nach Zeit vernichtet.",
            "custodes clock confirm --folder DIR",
        ),
        "shards-off": Meaning(
            "The log stays under one origin for good.",
            "Das Protokoll bleibt dauerhaft unter einem Namen.",
            "log_turns = true",
        ),
        "turn-not-known": Meaning(
            "These witnesses do not take the log's next year yet: without a quorum it does not turn.",
            "Diese Zeugen nehmen das nächste Jahr des Protokolls noch nicht an: ohne Quorum kein Wechsel.",
            _YEARS,
        ),
        "turn-stuck": Meaning(
            "The log's next year cannot begin: the year that is open goes on.",
            "Das nächste Jahr des Protokolls kann nicht beginnen: Das laufende geht weiter.",
            _YEARS,
        ),
        "turn-late": Meaning(
            "The year is over and the log has not turned yet.",
            "Das Jahr ist vorbei, und das Protokoll ist noch nicht gewechselt.",
            _YEARS,
        ),
        "keyrooms-apart": Meaning(
            "Two keyrooms tell different times: grants end at one before they end at the other.",
            "Zwei Schlüsselräume haben verschiedene Zeiten: Freigaben enden nicht zugleich.",
            "timedatectl timesync-status",
        ),
        "root-in-a-file": Meaning(
            "Whoever reads the file has the root. For demonstrations only.",
            "Wer die Datei liest, hat die Wurzel. Nur für Vorführungen.",
            "custodes holder --help",
        ),
        "holder-gone": Meaning(
            "A holder does not answer: its customers' keys stand still, nobody else's.",
            "Ein Halter antwortet nicht: Die Schlüssel seiner Kunden stehen still.",
            "custodes holder list --folder DIR",
        ),
        "sealed": Meaning(
            "No key can be used until somebody unseals.",
            "Bis zum Entsiegeln kann kein Schlüssel benutzt werden.",
            "custodes unseal --folder DIR",
        ),
        "kill-stands": Meaning(
            "Somebody stopped uses; they stand still until two organisations lift it.",
            "Eine Notabschaltung steht; zwei Organisationen heben sie auf.",
            "docs/runbooks/lift.md",
        ),
        "open-to-others": Meaning(
            "Others on this machine can read keys.",
            "Andere auf dieser Maschine können Schlüssel lesen.",
            "chmod --recursive go-rwx DIR/keyroom DIR/logkeeper",
        ),
        "not-ours-to-see": Meaning(
            "Only its own user can look at this.",
            "Das kann nur der eigene Benutzer sehen.",
            "sudo -u custodes-keyroom custodes doctor --folder DIR",
        ),
        "disk-small": Meaning(
            "When the disk is full only kills, seals and refusals are still written.",
            "Ist die Platte voll, werden nur noch Notabschaltung, Siegel und Ablehnung geschrieben.",
            "docs/runbooks/full-disk.md",
        ),
        "disk-slow": Meaning(
            "Every act waits for the disk to be sure.",
            "Jeder Vorgang wartet, bis die Platte sicher ist.",
            "docs/operations/slo.md",
        ),
        "disk-not-writable": Meaning(
            "Nothing can be written here.",
            "Hier kann nichts geschrieben werden.",
            "docs/runbooks/full-disk.md",
        ),
        "database-gone": Meaning(
            "Nothing can be decided.", "Nichts kann entschieden werden.", "docs/runbooks/failover.md"
        ),
        "schema-older": Meaning(
            "The keyroom brings the tables up to date when it starts next.",
            "Der Schlüsselraum zieht die Tabellen beim nächsten Start nach.",
            "docs/runbooks/upgrade.md",
        ),
        "schema-newer": Meaning(
            "A later release was here: this one does not start.",
            "Eine spätere Fassung war hier: Diese startet nicht.",
            "custodes --version",
        ),
        "no-standby": Meaning(
            "What is committed is on one disk only: a lost machine loses entries.",
            "Bestätigtes liegt auf nur einer Platte: Mit der Maschine gehen Einträge verloren.",
            _POSTGRES,
        ),
        "backup-never": Meaning(
            "Nothing could be restored.",
            "Nichts ließe sich zurückspielen.",
            "custodes backup --folder DIR BACKUPS",
        ),
        "backup-old": Meaning(
            "What was done since would be lost.",
            "Was seitdem geschah, ginge verloren.",
            "custodes backup --folder DIR BACKUPS",
        ),
        "drill-never": Meaning(
            "Whether a backup can be restored is not known.",
            "Ob sich eine Sicherung zurückspielen lässt, ist nicht bekannt.",
            "custodes drill --folder DIR FILE",
        ),
        "drill-old": Meaning(
            "Whether a backup of today can be restored is not known.",
            "Ob sich eine heutige Sicherung zurückspielen lässt, ist nicht bekannt.",
            "custodes drill --folder DIR FILE",
        ),
        "drill-found": Meaning(
            "A backup was restored and is not what it must be.",
            "Eine zurückgespielte Sicherung ist nicht, wie sie sein muss.",
            _RESTORE,
        ),
        "no-quorum-asked": Meaning(
            "Nobody outside vouches for this log. For demonstrations only.",
            "Niemand von außen bezeugt dieses Protokoll. Nur für Vorführungen.",
            "custodes witnesses set FILE --customer HOUSE --folder DIR",
        ),
        "quorum-not-met": Meaning(
            "The last checkpoint lacks cosignatures: uses stop 15 minutes after the last quorum.",
            "Dem letzten Stand fehlen Mitzeichnungen: 15 Minuten nach dem letzten Quorum steht alles.",
            _CONFLICT,
        ),
        "quorum-stale": Meaning(
            "The quorum is older than 15 minutes: no key is used.",
            "Das Quorum ist älter als 15 Minuten: Kein Schlüssel wird benutzt.",
            _CONFLICT,
        ),
        "quorum-aging": Meaning(
            "The quorum gets old: without a new one uses stop at 15 minutes.",
            "Das Quorum altert: Ohne neues steht nach 15 Minuten alles.",
            _CONFLICT,
        ),
        "witness-conflict": Meaning(
            "A witness knows another tree: every use is stopped.",
            "Ein Zeuge kennt einen anderen Baum: Alles ist angehalten.",
            _CONFLICT,
        ),
        "witness-silent": Meaning(
            "This witness did not sign the last checkpoint.",
            "Dieser Zeuge hat den letzten Stand nicht mitgezeichnet.",
            "docs/operations/witness.md",
        ),
        "witness-unreachable": Meaning(
            "He does not answer: ask his organisation before the quorum is missed.",
            "Er antwortet nicht: Fragen Sie seine Organisation, bevor das Quorum fehlt.",
            _CONFLICT,
        ),
        "witness-refuses": Meaning(
            "He answers, and does not cosign; what he says is beside his name.",
            "Er antwortet und zeichnet nicht mit; was er sagt, steht bei seinem Namen.",
            "docs/operations/witness.md",
        ),
        "witness-without-address": Meaning(
            "The policy names no address for him: nobody asks him.",
            "Die Regel nennt keine Adresse für ihn: Niemand fragt ihn.",
            "custodes witnesses show --customer HOUSE --folder DIR",
        ),
        "witness-unasked": Meaning(
            "Nothing was signed since the logkeeper started: nobody was asked yet.",
            "Seit dem Start des Protokollführers wurde nichts signiert: Niemand wurde gefragt.",
            "journalctl --unit custodes-logkeeper",
        ),
        "witness-embedded": Meaning(
            "A witness in the same house counts for nothing.",
            "Ein Zeuge im selben Haus zählt nicht.",
            "docs/operations/witness.md",
        ),
        "no-checkpoint": Meaning(
            "Nothing was published yet.",
            "Noch ist nichts veröffentlicht.",
            "systemctl status custodes-logkeeper",
        ),
        "no-timestamps": Meaning(
            "No authority stamps checkpoints: only witnesses vouch for when.",
            "Keine Stelle stempelt Stände: Nur Zeugen belegen die Zeit.",
            "docs/operations/timestamps.md",
        ),
        "timestamps-old": Meaning(
            "The time-stamp authority has not answered for hours.",
            "Der Zeitstempeldienst antwortet seit Stunden nicht.",
            "docs/operations/timestamps.md",
        ),
        "certificate-ended": Meaning(
            "What is under this certificate is trusted no more.",
            "Was unter diesem Zertifikat steht, wird nicht mehr anerkannt.",
            "openssl x509 -noout -enddate -in FILE",
        ),
        "certificate-ends": Meaning(
            "This certificate ends within thirty days.",
            "Dieses Zertifikat endet in weniger als dreißig Tagen.",
            "openssl x509 -noout -enddate -in FILE",
        ),
        "certificate-unread": Meaning(
            "The settings name this file, and it holds no certificate.",
            "Die Einstellungen nennen diese Datei, und sie enthält kein Zertifikat.",
            "docs/reference/settings.md",
        ),
        "outbox-stuck": Meaning(
            "Somebody who should know does not know yet.",
            "Jemand, der es wissen soll, weiß es noch nicht.",
            "journalctl --unit custodes-logkeeper",
        ),
        "scrub-overdue": Meaning(
            "A round over a bucket is due for more than a week: damage there is not seen.",
            "Ein Durchgang über einen Bucket ist seit einer Woche fällig: Schäden fallen nicht auf.",
            _COPIES,
        ),
        "copies-below": Meaning(
            "Something lies in fewer places than its bucket demands; made up once a store answers.",
            "Etwas liegt an weniger Orten als verlangt; nachgeholt, sobald ein Speicher antwortet.",
            _COPIES,
        ),
        "copies-lost": Meaning(
            "No good copy of something was found anywhere. Do not delete a backup of the stores.",
            "Von etwas wurde nirgends eine gute Kopie gefunden. Keine Sicherung der Speicher löschen.",
            _COPIES,
        ),
        "store-away": Meaning(
            "A store does not answer: reads go on from the next place; what it lacks is made up later.",
            "Ein Speicher antwortet nicht: Lesen geht vom nächsten Ort weiter; Fehlendes wird nachgeholt.",
            _COPIES,
        ),
        "store-full": Meaning(
            "A store takes nothing more, it is full or read-only: writes miss it, or are refused.",
            "Ein Speicher nimmt nichts an, voll oder nur lesbar: Schreiben lässt ihn aus oder scheitert.",
            _COPIES,
        ),
        "store-not-this-one": Meaning(
            "In the place of a store lies another or an empty folder: mount it, or `custodes store renew`.",
            "Statt eines Speichers liegt dort ein anderer oder leerer Ordner: einhängen oder `store renew`.",
            _COPIES,
        ),
        "webhook-silent": Meaning(
            "A webhook has not taken an event for a quarter of an hour; after a day it is given up.",
            "Ein Webhook nimmt seit einer Viertelstunde nichts an; nach einem Tag verfällt es.",
            _COPIES,
        ),
        "room-used-up": Meaning(
            "A bucket or a customer has reached his limit: writes there are refused (QuotaExceeded).",
            "Ein Bucket oder Kunde hat seine Grenze erreicht: Schreiben wird dort abgelehnt.",
            "custodes customer limits CUSTOMER",
        ),
        "strays-lie": Meaning(
            "Something lies in a store that nothing knows: `custodes store strays list` shows it.",
            "In einem Speicher liegt, was nichts kennt: `custodes store strays list` zeigt es.",
            _COPIES,
        ),
        "not-ready": Meaning(
            "The process is there and cannot do its work; it says why.",
            "Der Prozess läuft und kann nicht arbeiten; er sagt, warum.",
            "docs/reference/metrics.md",
        ),
        "silent": Meaning(
            "The process does not answer.",
            "Der Prozess antwortet nicht.",
            "systemctl start custodes.target, or: custodes serve DIR",
        ),
        "port-silent": Meaning(
            "Nobody listens there.",
            "Dort hört niemand.",
            "systemctl start custodes.target, or: custodes serve DIR",
        ),
        "port-refused": Meaning(
            "The settings want a port that another program has.",
            "Die Einstellungen wollen einen Port, den ein anderes Programm hat.",
            "ss --listening --tcp --processes",
        ),
        "no-network": Meaning(
            "This process has no network, as it should: look from the machine.",
            "Dieser Prozess hat kein Netz, wie es sein soll: von der Maschine aus nachsehen.",
            "custodes doctor --folder DIR",
        ),
        "house-sealed": Meaning(
            "Not seen while the house is sealed.",
            "Nicht zu sehen, solange das Haus versiegelt ist.",
            "custodes unseal --folder DIR",
        ),
    }
)
