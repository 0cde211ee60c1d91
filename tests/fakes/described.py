"""For tests that need GitHub's own description: ``pytestmark = DESCRIBED``."""

import pytest

from tests.fakes.github import openapi

DESCRIBED = pytest.mark.skipif(
    not openapi.description().there,
    reason="GitHub's description is not installed: run tools/openapi/install",
)
