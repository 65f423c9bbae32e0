from custodes.web.console.tiles import COLUMNS, GRID, SIDE, STEP, tile_map
from custodes.web.console.views.objects import Country


def test_no_two_countries_share_a_square() -> None:
    assert len(set(GRID.values())) == len(GRID)
    assert all(0 <= column < COLUMNS for column, _ in GRID.values())


def test_every_country_gets_a_square_inside_the_drawing() -> None:
    far = ["US", "CN", "JP", "BR", "ZA", "IN", "AU", "CA", "KR"]
    countries = [Country(code=code, is_inside=code == "DE", places=1) for code in (*GRID, *far)]
    drawing = tile_map(countries)
    assert {tile.code for tile in drawing.tiles} == {*GRID, *far}
    assert len({(tile.x, tile.y) for tile in drawing.tiles}) == len(countries)
    assert all(tile.x + SIDE <= drawing.width and tile.y + SIDE <= drawing.height for tile in drawing.tiles)
    assert drawing.elsewhere_y is not None
    assert all(tile.y > drawing.elsewhere_y for tile in drawing.tiles if tile.code in far)
    assert [tile.code for tile in drawing.tiles if tile.is_inside] == ["DE"]


def test_without_countries_elsewhere_there_is_no_such_row() -> None:
    drawing = tile_map([Country(code="MT", is_inside=True)])
    assert drawing.elsewhere_y is None
    assert drawing.height == 8 * STEP
    assert drawing.tiles[0].places == 0
