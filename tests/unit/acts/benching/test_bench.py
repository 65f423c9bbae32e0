import asyncio

from custodes.acts.benching.bench import Done, InThread, Job
from custodes.acts.benching.direct import Direct


def test_the_bench_in_this_process_gives_what_the_work_gives():
    bench = InThread(Direct())
    bench.refuse_if_full()
    assert asyncio.run(bench.run(lambda halver: type(halver).__name__)) == "Direct"
    bench.let_go()


def test_words_that_travel_say_nothing_of_themselves():
    assert repr(Job(verb="unseal", private=b"secret")) == "Job(verb='unseal')"
    assert repr(Done(body=b"secret")) == "Done(refused='')"
