"""Generated pages are as fresh as the tables they are drawn from: otherwise run `make docs`."""

import pytest

from house.tree import ROOT, tool

PAGES = tool("docs").PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_fresh(page: str):
    drawn = PAGES[page]()
    assert drawn
    stale = [
        path
        for path, text in drawn.items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make docs`"
