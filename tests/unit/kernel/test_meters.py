import pytest

from custodes.kernel.meters import OTHER, SERIES_MAX, Meters


def test_a_registry_says_everything_in_the_order_of_names():
    meters = Meters()
    count = meters.counter("b_total", "How often.", ("code",))
    meters.gauge("a", 'About\n"it" \\', lambda: 1.5)
    count.add("one")
    count.add("one")
    count.add('t"w\\o\n')
    assert meters.text().decode().split("\n") == [
        '# HELP a About\\n"it" \\\\',
        "# TYPE a gauge",
        "a 1.5",
        "# HELP b_total How often.",
        "# TYPE b_total counter",
        'b_total{code="one"} 2',
        'b_total{code="t\\"w\\\\o\\n"} 1',
        "",
    ]
    assert count.count("one") == 2
    assert count.count("never") == 0
    assert meters.names == ("a", "b_total")


def test_a_counter_without_labels_begins_at_nought():
    meters = Meters()
    meters.counter("a_total", "How often.")
    assert b"\na_total 0\n" in meters.text()


def test_a_histogram_counts_up_to_each_bound_inclusive():
    meters = Meters()
    spread = meters.histogram("took_seconds", "How long.", ("what",), (0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 3.0):
        spread.add(value, "get")
    assert meters.text().decode().split("\n")[2:] == [
        'took_seconds_bucket{what="get",le="0.1"} 2',
        'took_seconds_bucket{what="get",le="1"} 3',
        'took_seconds_bucket{what="get",le="+Inf"} 4',
        'took_seconds_sum{what="get"} 3.65',
        'took_seconds_count{what="get"} 4',
        "",
    ]


def test_a_gauge_nobody_can_read_has_no_line():
    meters = Meters()
    meters.gauge("a", "About.", lambda: None)
    assert meters.text() == b"\n"


def test_a_family_stops_growing():
    meters = Meters()
    count = meters.counter("a_total", "How often.", ("code",))
    spread = meters.histogram("b", "How long.", ("code",), (1.0,))
    for number in range(SERIES_MAX + 50):
        count.add(str(number))
        spread.add(0.5, str(number))
    assert count.count(OTHER) == 50
    assert count.count("0") == 1
    text = meters.text().decode()
    assert text.count("\na_total{") == SERIES_MAX + 1
    assert f'b_count{{code="{OTHER}"}} 50' in text


def test_a_name_twice_is_a_mistake():
    meters = Meters()
    meters.counter("a_total", "How often.")
    with pytest.raises(ValueError, match="twice"):
        meters.gauge("a_total", "About.", lambda: 0.0)
