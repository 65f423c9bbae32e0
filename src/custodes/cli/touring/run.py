"""Plays the steps one after the other. A step that breaks down is not proved, and says how."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from custodes.kernel.refusal import Refusal
from custodes.settings import Settings

from . import remains, steps_cases, steps_database, steps_end, steps_log, steps_path
from .report import Played, Proof, Report, Step
from .stage import Stage

STEPS: tuple[Step, ...] = (
    *steps_path.STEPS,
    *steps_cases.STEPS,
    *steps_database.STEPS,
    *steps_log.STEPS,
    *steps_end.STEPS,
)


def play(
    settings: Settings,
    report: Report,
    *,
    pause: bool = False,
    steps: Sequence[Step] = STEPS,
    stopped: Callable[[], bool] = lambda: False,
) -> bool:
    """Play the tour against a running demo; whether every step was proved."""
    played: list[Played] = []
    with tempfile.TemporaryDirectory(prefix="custodes-tour-") as work:
        stage = Stage(settings, Path(work))
        try:
            for number, step in enumerate(steps, 1):
                if stopped():
                    break
                done = _played(stage, number, step)
                played.append(done)
                report.step(done)
                if pause:
                    report.pause(done, settings.console_url)
        finally:
            stage.close()
    report.end(played, remains.lines(settings))
    return len(played) == len(steps) and all(step.proved for step in played)


def _played(stage: Stage, number: int, step: Step) -> Played:
    try:
        proof = step.play(stage)
    except Refusal as refusal:
        proof = _broke(f"refused: {refusal.code} {dict(refusal.facts)}")
    except Exception as error:  # whatever breaks a step leaves its claim unproved
        proof = _broke(f"{type(error).__name__}: {error}")
    return Played(
        number=number,
        name=step.name,
        part=step.part,
        claim=step.claim,
        done=proof.done,
        shown=proof.shown,
        proved=proof.held,
        see=proof.see,
    )


def _broke(said: str) -> Proof:
    return Proof(done="the step broke down", shown=said[:500], held=False)
