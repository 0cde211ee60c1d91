"""The fake as a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import gitlab
import httpx


def test_it_says_where_it_is_and_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tests.fakes.gitlab", "--state", str(tmp_path)]
    argv += ["--group", "shop", "--prefix", "/gitlab"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            base = ready["url"].removesuffix("/gitlab")
            made = httpx.post(
                f"{base}/_fake/repository", json={"name": "shop/web", "files": {"a": "b\n"}}
            )
            assert made.json()["ok"]["full_name"] == "shop/web"
            with gitlab.Gitlab(ready["url"], private_token=ready["token"]) as gl:
                [found] = gl.projects.list(membership=True, get_all=True)
                gl.auth()
            assert gl.user is not None
            assert (found.path_with_namespace, gl.user.bot) == ("shop/web", True)
        finally:
            process.terminate()
        assert process.wait(20) == 0
