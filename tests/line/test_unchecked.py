"""What could not be checked is never green, and hides nothing of what could be."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.github import PullRequest, Repo
from tests.line.invariants import ours, rows
from tests.line.server import eventually
from tests.line.world import World


def without_tools(folder: Path) -> str:
    """An environment of its own that sees our packages, but not the programs beside them."""
    venv.create(folder / "bare")
    inside = {"base": str(folder / "bare"), "platbase": str(folder / "bare")}
    packages = Path(sysconfig.get_path("purelib", "venv", inside))
    theirs = sysconfig.get_path("purelib")
    (packages / "all.pth").write_text(f"import site; site.addsitedir({theirs!r})\n")
    return str(folder / "bare" / "bin" / "python")


def without_bubblewrap(folder: Path) -> str:
    """Python where no sandbox can be had: the program is covered up."""
    if os.geteuid() != 0:
        pytest.skip("only root may cover a program up")
    cover = 'mount --bind /dev/null "$(command -v bwrap)" && exec "$0" "$@"'
    script = folder / "python"
    script.write_text(f"#!/bin/sh\nexec unshare -m sh -c '{cover}' {sys.executable} \"$@\"\n")
    script.chmod(0o755)
    if subprocess.run([script, "-c", ""], check=False).returncode != 0:
        pytest.skip("no mount namespaces here")
    return str(script)


@pytest.mark.parametrize(
    ("python", "environment", "reason"),
    [
        (without_tools, {"PATH": "/usr/bin:/bin"}, "hadolint is not installed"),
        (without_bubblewrap, {"REDLINE_SANDBOX": "bubblewrap"}, "bubblewrap"),
    ],
    ids=["a missing tool", "a refused sandbox"],
)
def test_unchecked(
    tmp_path: Path, python: Callable[[Path], str], environment: dict[str, str], reason: str
) -> None:
    options = {"python": python(tmp_path)}
    with World(tmp_path, environment, options=options) as world:
        repo = world.repo()
        good, bad = world.open(repo, "fixed"), world.open(repo, "broken")
        title = ended(repo, good)
        assert title.startswith("Could not check: hadolint")
        assert reason in title
        both = ended(repo, bad)
        assert both.startswith("Blocks merge: ")
        assert "could not check" in both.lower()
        assert summaries(good) == 1
        assert len(bad.threads) > 5


def ended(repo: Repo, pull: PullRequest) -> str:
    """The title of its last status, which is not green."""
    found = eventually(
        lambda: [row for row in rows(repo, pull.head) if row[0] == "completed"], "the review ends"
    )
    assert found[-1][1] == "failure"
    return found[-1][2] or ""


def summaries(pull: PullRequest) -> int:
    found = [ours(pull, one.body) for one in pull.comments]
    return len([mark for mark in found if mark is not None and mark.kind == "summary"])
