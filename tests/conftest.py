"""What holds for all tests."""

import pytest
from hypothesis import settings

# Their asserts are to be explained too; said before any test imports them.
pytest.register_assert_rewrite("tests.line.world", "tests.line.server")

# A machine that others use too may be slow at any example: how long one takes proves nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
