import asyncio

from custodes.adapters.meter_socket import MeterSocket
from custodes.wiring.meters.health import health
from custodes.wiring.meters.probe import main


def probed(path, checks, page):
    async def run():
        server = MeterSocket(path, health(checks))
        await server.start()
        try:
            return await asyncio.to_thread(main, str(path), page)
        finally:
            await server.stop()

    return asyncio.run(run())


async def ill():
    return "too old"


def test_ready_and_not_ready_are_exit_codes(tmp_path, capsys):
    assert probed(tmp_path / "s", {}, "/readyz") == 0
    assert probed(tmp_path / "s", {"age": ill}, "/readyz") == 1
    assert capsys.readouterr().out == "ready\nage: too old\n"
    assert probed(tmp_path / "s", {}, "/else") == 1


def test_nobody_there_is_not_ready(tmp_path, capsys):
    assert main(str(tmp_path / "none"), "/livez") == 1
    assert "No such file" in capsys.readouterr().out
