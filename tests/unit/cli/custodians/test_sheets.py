"""What a ceremony prints."""

from html.parser import HTMLParser

from custodes.adapters.holders.share_file import Issued
from custodes.cli.custodians.sheets import protocol, sheet
from custodes.custody.shares import Group, Member, ShareSet
from custodes.custody.submission import Card

WORDS = " ".join(f"word{at}" for at in range(33))
CARD = Card(custodian="<b>Ann", generation=2, holder="ab" * 16, organisation="Town & Co", submission="")


class Reader(HTMLParser):
    def __init__(self, raw):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(raw.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data + " "


def test_a_sheet_has_every_word_once_and_its_number():
    page = Reader(sheet(Issued(CARD, WORDS)))
    for at in range(33):
        assert page.text.count(f" {at + 1}. word{at} ") == 1
    assert "<b>Ann" in page.text
    assert "Town & Co" in page.text


def test_nothing_is_loaded_and_nothing_runs():
    made = ShareSet(
        before=(),
        generation=2,
        group_threshold=2,
        groups=(
            Group(
                organisation="<script>", threshold=1, members=(Member(custodian="A", mark="", public="p"),)
            ),
        ),
        identifier=1,
    )
    for raw in (sheet(Issued(CARD, WORDS)), protocol("ab" * 16, made, has_dice=True)):
        page = Reader(raw)
        assert not {"script", "link", "img", "iframe", "b"} & {tag for tag, _ in page.tags}
        assert not [attrs for _, attrs in page.tags if {"src", "href", "onload"} & set(attrs)]
        assert any("default-src 'none'" in str(attrs.get("content")) for _, attrs in page.tags)


def test_it_speaks_german_and_english():
    page = Reader(sheet(Issued(CARD, WORDS)))
    assert "Diese Wörter sind Ihr Anteil" in page.text
    assert "These words are your share" in page.text
