"""An ordinary user, who has the worker's own id in the sandbox, is held as well."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import sandlock

from workers.sandbox import Way

ROOT = Path(__file__).parents[3]
PYTHON = "/usr/bin/python3"
SCRIPT = """
import json, sys
sys.path[:0] = sys.argv[2:]
from workers.sandbox import self_test
print(json.dumps(self_test(sys.argv[1])))
"""


def test_the_self_test_as_an_ordinary_user(way: Way) -> None:
    if os.geteuid() != 0:
        pytest.skip("every other test runs as an ordinary user already")
    paths = [str(ROOT), str(Path(sandlock.__file__).parent.parent)]
    ran = subprocess.run(
        [PYTHON, "-c", SCRIPT, way, *paths],
        capture_output=True,
        text=True,
        cwd="/",
        env={"SECRET": "key"},
        user=12345,
        group=12345,
        extra_groups=[],
        check=False,
        timeout=60,
    )
    if ran.returncode:
        pytest.skip(f"cannot start as another user: {ran.stderr.splitlines()[-1]}")
    assert json.loads(ran.stdout) == []
