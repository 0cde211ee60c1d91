"""Each test of a sandbox runs in both ways, for real."""

from pathlib import Path

import pytest

from workers.sandbox import Way, explain, self_test


@pytest.fixture(params=[Way.BUBBLEWRAP, Way.SANDLOCK])
def way(request: pytest.FixtureRequest) -> Way:
    """A way that works on this machine."""
    one: Way = request.param
    if self_test(one):
        pytest.skip(explain(one))
    return one


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder of reviewed files, closed to others as a temporary folder is."""
    folder = tmp_path / "work"
    folder.mkdir(0o700)
    (folder / "Dockerfile").write_text("FROM debian\n", encoding="utf-8")
    (folder / "Dockerfile").chmod(0o600)
    return folder
