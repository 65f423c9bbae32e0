import re

from custodes.wiring.meters.process import of_process
from fakes import SetClock


def test_a_process_tells_what_it_uses():
    clock = SetClock()
    text = of_process(clock).text().decode()
    found = dict(re.findall(r"^(process_\w+) (\S+)$", text, re.M))
    assert float(found["process_start_time_seconds"]) == clock.now().timestamp()
    assert float(found["process_cpu_seconds_total"]) > 0
    assert float(found["process_resident_memory_bytes"]) > 1_000_000
