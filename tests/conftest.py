"""What holds for all tests."""

import pytest

# Their asserts are to be explained too; said before any test imports them.
pytest.register_assert_rewrite("tests.line.world", "tests.line.server")
