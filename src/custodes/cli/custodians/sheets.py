"""What a ceremony prints, in German and English: a sheet for each custodian, a protocol that all sign.

HTML for paper: it loads nothing, runs nothing and needs no network.
"""

from html import escape

from custodes.adapters.holders.share_file import Issued
from custodes.custody.shares import ShareSet

_STYLE = (
    "body{font:12pt/1.4 serif;margin:2cm;max-width:17cm}table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #000;padding:.3em .6em;text-align:left;vertical-align:top}"
    "td.word{font:13pt monospace;width:30%}h1{font-size:16pt}.line{border-bottom:1px solid "
    "#000;height:2.2em}"
)
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
COLUMNS = 3


def sheet(one: Issued) -> bytes:
    """One custodian's sheet: his words, numbered, what they are and what to do with them."""
    words = one.words.split()
    rows = (len(words) + COLUMNS - 1) // COLUMNS
    cells = "".join(
        "<tr>"
        + "".join(
            f'<td class="word">{at + 1}. {escape(words[at])}</td>' for at in range(row, len(words), rows)
        )
        + "</tr>"
        for row in range(rows)
    )
    card = one.card
    return _page(
        "Anteil zum Entsiegeln · Unseal share",
        f"<p>{escape(card.custodian)}<br>{escape(card.organisation)}</p>"
        f"<p>Holder {escape(card.holder)}, Generation {card.generation}</p><table>{cells}</table>"
        "<p lang=de>Diese Wörter sind Ihr Anteil. Verwahren Sie das Blatt verschlossen, zeigen und "
        "fotografieren Sie es "
        "nicht und geben Sie die Wörter nur in <code>custodes share give</code> auf Ihrem eigenen "
        "Gerät ein, wenn Sie selbst "
        "vom Entsiegeln wissen. Verlust oder Verdacht melden Sie sofort: dann werden alle Anteile "
        "neu erzeugt.</p>"
        "<p lang=en>These words are your share. Keep this sheet locked away, do not show or "
        "photograph it, and type "
        "the words only into <code>custodes share give</code> on your own device when you know of "
        "the unsealing yourself. "
        "Report loss or suspicion at once: all shares are made anew then.</p>",
    )


def protocol(holder: str, shares: ShareSet, *, has_dice: bool) -> bytes:
    """The protocol: who was given a share, by which key he will be known, a line for each signature."""
    rows = "".join(
        f"<tr><td>{escape(group.organisation)}<br>{group.threshold} / {len(group.members)}</td>"
        f"<td>{escape(member.custodian)}<br><code>{escape(member.public)}</code></td><td "
        "class=line></td></tr>"
        for group in shares.groups
        for member in group.members
    )
    dice = "ja · yes" if has_dice else "nein · no"
    return _page(
        "Protokoll der Zeremonie · Protocol of the ceremony",
        f"<p>Holder {escape(holder)}, Generation {shares.generation}. Nötige Organisationen · "
        "organisations needed: "
        f"{shares.group_threshold}. Würfel · dice: {dice}.</p>"
        "<table><tr><th>Organisation (nötig / Anteile · needed / shares)</th><th>Verwahrer, "
        "Schlüssel · custodian, key</th>"
        f"<th>Unterschrift · signature</th></tr>{rows}</table>"
        "<ol><li>Rechner ohne Netz, ohne Kamera · machine without network and camera</li>"
        "<li>Jeder hat sein Blatt selbst aus dem Drucker genommen und Wörter daraus zurückgegeben · "
        "everybody took his sheet "
        "from the printer himself and gave words of it back</li>"
        "<li>Neue Schlüsseldatei eingespielt und mit Anteilen geöffnet · new holder file put in "
        "place and opened by shares</li>"
        "<li>Alte Schlüsseldatei und alte Blätter vernichtet · old holder file and old sheets "
        "destroyed</li></ol>"
        "<p>Ort, Zeit · place, time</p><p class=line></p>",
    )


def _page(title: str, body: str) -> bytes:
    return (
        f'<!doctype html><html lang=de><meta charset="utf-8">{_POLICY}<title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>\n"
    ).encode()
