import xml.etree.ElementTree as Tree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.xml import DEPTH_MAX, NAMESPACE, document, element, escape, parse, wrap


def test_reading_with_and_without_a_namespace():
    for xmlns in ("", f' xmlns="{NAMESPACE}"'):
        raw = f'<?xml version="1.0"?>\n<Delete{xmlns}>\n <Object> <Key>a &lt;b</Key>\n</Object></Delete>'
        root = parse(raw.encode(), "Delete")
        assert [each.name for each in root.children] == ["Object"]
        assert root.children[0].value("Key") == "a <b"
        assert root.value("Quiet") is None


def test_white_space_in_a_leaf_is_kept_and_between_children_is_not_counted():
    assert parse(b"<a><b>  </b></a>", "a").value("b") == "  "
    many = b"<a>" + b"<b>1</b>\n        \n".ljust(30) * 5_000 + b"</a>"
    assert len(parse(many, "a").children) == 5_000


BOMB = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"<b/>",
        b"text",
        BOMB,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<!DOCTYPE a><a/>",
        b"<a>&nbsp;</a>",
        b"<a><?php x?></a>",
        b"<a>text<b/></a>",
        b"<a><b/>text</a>",
        b"<a>\xff</a>",
        b"<a>&#0;</a>",
        b"<a/><a/>",
        b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1),
        b"<a>" + b"x" * 10_000 + b"</a>",
        b"<a>" + b"<b/>" * 100_001 + b"</a>",
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
    ],
)
def test_what_is_refused(raw):
    with pytest.raises(Refusal, match="xml-malformed"):
        parse(raw, "a")


def test_a_child_twice_and_a_child_with_children_are_refused():
    root = parse(b"<a><b>1</b><b>2</b><c><d/></c></a>", "a")
    for name in ("b", "c"):
        with pytest.raises(Refusal, match="xml-malformed"):
            root.value(name)


_xml_text = st.text(
    st.characters(
        exclude_categories=("Cs",), exclude_characters=[chr(n) for n in range(32)] + ["\ufffe", "\uffff"]
    )
    | st.sampled_from("\t\n\r")
)


@given(_xml_text)
def test_what_is_written_is_read_back(text):
    raw = document("Root", wrap("Outer", element("Inner", text)))
    inner = Tree.fromstring(raw).find(f"{{{NAMESPACE}}}Outer/{{{NAMESPACE}}}Inner")
    assert inner is not None
    assert (inner.text or "") == text


def test_what_xml_cannot_say_is_a_numeric_reference():
    assert escape("\x01<&>\"'\r\ufffe") == "&#x1;&lt;&amp;&gt;&quot;'&#xD;&#xFFFE;"
    assert element("A", True) + element("B", 3) == "<A>true</A><B>3</B>"
