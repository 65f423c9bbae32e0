from custodes.kernel.refusal import unauthenticated
from custodes.wiring.meters.planes import CountedLog, PlaneMeters
from fakes import SetClock


def test_requests_and_refusals_of_two_protocols_are_told_apart():
    counts = PlaneMeters(SetClock())
    api, s3 = (CountedLog(lambda _: None, SetClock(), counts.of(name)) for name in ("api", "s3"))
    api.access("req-1", "GET", 200, endpoint="look-key", duration_us=2_000)
    s3.tally.refused(unauthenticated("signature-mismatch"))
    s3.access("req-2", "PUT", 403, endpoint="PutObject", duration_us=900, refusal="signature-mismatch")
    s3.access("req-3", "GET", 0)
    text = counts.meters.text().decode()
    assert 'custodes_requests_total{protocol="api",endpoint="look-key",status="200"} 1' in text
    assert 'custodes_requests_total{protocol="s3",endpoint="PutObject",status="403"} 1' in text
    assert 'custodes_requests_total{protocol="s3",endpoint="",status="0"} 1' in text
    assert 'custodes_request_duration_seconds_bucket{protocol="api",endpoint="look-key",le="0.001"} 0' in text
    assert (
        'custodes_request_duration_seconds_bucket{protocol="api",endpoint="look-key",le="0.0025"} 1' in text
    )
    code = 'protocol="s3",kind="unauthenticated",code="signature-mismatch"'
    assert f"custodes_refusals_total{{{code}}} 1" in text
