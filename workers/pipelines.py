"""Which stages run over what a change touches, and what of their findings is new.

Runs in the keyless child. Stages run side by side; one that fails never stops the others.
"""

import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

from bot.review import Outcome, StageResult
from rules.finding import folder
from workers.pipe import Ended, Event, Started, Wishes
from workers.project import Unchecked
from workers.stages import dockerfile_rules, files_rules, hadolint, kubernetes_rules
from workers.step import Step, attempted, result_of
from workers.touched import (
    Reviewed,
    always,
    any_files,
    dockerfiles,
    dockerfiles_of_ignores,
    large_manifest,
    large_script,
    manifests,
    manifests_affected,
)

__all__ = ["STAGES", "STEPS", "Reviewed", "Step", "attempt"]


STEPS: tuple[Step, ...] = (
    Step(
        kubernetes_rules,
        "Kubernetes manifest",
        manifests,
        large_manifest,
        manifests_affected,
        unit=folder,
    ),
    Step(hadolint, "Dockerfile", dockerfiles, always, tool=True),
    Step(dockerfile_rules, "Dockerfile", dockerfiles, always, dockerfiles_of_ignores, unit=str),
    Step(files_rules, "link, submodule, CI file or script", any_files, large_script),
)
STAGES = tuple(step.stage for step in STEPS)  # in the order in which they are shown

Report = Callable[[Event], None]
_Answer = tuple[Step, StageResult]


def attempt(
    reviewed: Reviewed, wishes: Wishes, report: Report, steps: Sequence[Step] = STEPS
) -> None:
    """Run the stages side by side, and report each as it starts and as it ends.

    One over ``wishes.stage_seconds`` is reported as unchecked, and what it may still find is lost.
    """
    answers: SimpleQueue[_Answer] = SimpleQueue()
    running = list(steps)
    start = time.monotonic()
    for step in steps:
        report(Started(step.stage.NAME, ""))
        run = partial(_answer, step, reviewed, wishes, answers)
        threading.Thread(target=run, name=step.stage.NAME, daemon=True).start()
    while running:
        try:
            step, result = answers.get(timeout=max(0.0, start + wishes.stage_seconds - _now()))
        except Empty:
            break
        running.remove(step)
        report(Ended(replace(result, seconds=round(_now() - start, 3))))
    for step in running:
        reason = f"it took longer than {wishes.stage_seconds:g} s"
        report(Ended(result_of(step, Outcome.UNCHECKED, reason)))


def _now() -> float:
    return time.monotonic()


def _answer(
    step: Step, reviewed: Reviewed, wishes: Wishes, answers: "SimpleQueue[_Answer]"
) -> None:
    try:
        result = attempted(step, reviewed, wishes)
    except Unchecked as why:
        result = result_of(step, Outcome.UNCHECKED, str(why))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the other stages go on
        result = result_of(step, Outcome.UNCHECKED, _crash(step, error))
    answers.put((step, result))


def _crash(step: Step, error: BaseException) -> str:
    """A crash in words that hold nothing of the reviewed files; where it was goes to the log."""
    sys.stderr.write(f"{step.stage.NAME} crashed: {traced(error)}\n")
    return f"{step.stage.NAME} crashed: {type(error).__name__}"


def traced(error: BaseException) -> str:
    """What was raised and where, without its text: that may quote a file or a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{one.name} ({one.filename}:{one.lineno})" for one in reversed(frames))
    return " < ".join((type(error).__name__, *places))
