"""What holds for all tests."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

# Their asserts are to be explained too; said before any test imports them.
pytest.register_assert_rewrite("tests.line.world", "tests.line.server")

# A machine that others use too may be slow at any example: how long one takes proves nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What reviews in a terminal keep is none of the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDLINE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
