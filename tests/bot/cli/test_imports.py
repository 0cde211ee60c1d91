"""People wait for the command line: nothing heavy is imported before it is needed."""

import subprocess
import sys

import pytest

HEAVY = ("fastapi", "github", "gitlab", "celery", "redis", "sqlalchemy", "pydantic", "uvicorn")


def loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("module", ["bot.cli", "bot.cli.review", "workers.child"])
def test_a_review_loads_no_server(module: str) -> None:
    assert not loaded(f"import {module}") & set(HEAVY)


@pytest.mark.parametrize("module", ["bot.app", "bot.dispatch", "bot.reconcile"])
def test_the_server_s_parts_load_no_worker_and_no_forge(module: str) -> None:
    assert not loaded(f"import {module}") & {"workers", "github", "gitlab"}
