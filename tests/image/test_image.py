"""The image as it was built starts, holds its tools, and nothing else. ``make image`` runs it."""

import json
import os
import shlex
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress

import psutil
import pytest

from bot import VERSION

pytestmark = pytest.mark.skipif(
    not os.environ.get("REDLINE_IMAGE_TESTS"), reason="asked for by make image"
)

IMAGE = os.environ.get("REDLINE_IMAGE", "")
BUILDAH = ["buildah", *shlex.split(os.environ.get("REDLINE_IMAGE_STORE", ""))]
SELF_TEST = "import sys; from workers.sandbox import self_test; print(self_test(sys.argv[1]))"
HADOLINT = """
from pathlib import Path
from workers.sandbox import Way, run
Path("/tmp/x").mkdir()
Path("/tmp/x/Dockerfile").write_text("FROM debian\\n")
tool = "/opt/redline/bin/hadolint"
print(run([tool, "./Dockerfile"], work=Path("/tmp/x"), way=Way.SANDLOCK).stdout)
"""
SERVER = {
    "REDLINE_GITHUB_URL": "http://127.0.0.1:1",
    "REDLINE_GITHUB_TOKEN": "token-of-nobody",
    "REDLINE_GITHUB_WEBHOOK_SECRET": "a-secret-that-is-long-enough-for-it",
    "REDLINE_REPOSITORIES": "acme/*",
}


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    made = buildah("from", "--pull-never", IMAGE).strip()
    yield made
    buildah("rm", made)


def buildah(*words: str) -> str:
    return subprocess.run(
        [*BUILDAH, *words], check=True, stdout=subprocess.PIPE, text=True, timeout=120
    ).stdout


def inside(container: str, *words: str) -> str:
    return buildah("run", container, "--", *words)


def test_it_runs_as_nobody_and_starts_redline() -> None:
    config = json.loads(json.loads(buildah("inspect", "--type", "image", IMAGE))["Config"])[
        "config"
    ]
    assert config["User"] == "10001:10001"
    assert (config["Entrypoint"], config["Cmd"]) == (["redline"], ["serve"])


def test_the_command_line_works(container: str) -> None:
    assert inside(container, "redline", "--version").strip() == f"redline {VERSION}"
    assert "privileged-container" in inside(container, "redline", "rules")


def test_its_sandbox_holds(container: str) -> None:
    python = "/opt/redline/bin/python"
    assert inside(container, python, "-c", SELF_TEST, "sandlock").strip() == "[]"
    assert "DL3006" in inside(container, python, "-c", HADOLINT)


def test_the_doctor_finds_what_every_review_needs(container: str) -> None:
    said = inside(container, "redline", "doctor")
    assert "sandlock" in said
    assert "passes its self-test" in said


def test_it_holds_neither_build_tools_nor_what_was_lent_to_the_build(container: str) -> None:
    found = inside(container, "sh", "-c", "command -v pip gcc make; ls /src; env; true")
    assert "pip" not in found
    assert "PIP_" not in found
    installed = inside(container, "sh", "-c", "ls /opt/redline/lib/python3*/site-packages")
    assert not {"pip", "tests", "pytest", "hatchling", "mypy"} & set(installed.split())
    find = "find /opt /etc /usr /srv /home -user 10001; true"
    assert inside(container, "sh", "-c", find) == ""


def test_the_server_starts_and_ends(container: str) -> None:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    settings = SERVER | {"REDLINE_LISTEN": f"127.0.0.1:{port}"}
    variables = [f"--env={name}={value}" for name, value in settings.items()]
    argv = [*BUILDAH, "run", *variables, container, "--", "redline", "serve"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as server:
        try:
            state = answered(f"http://127.0.0.1:{port}/readyz", server)
        finally:
            end(port)
        assert server.wait(30) == 0
    assert state == {"database": "up", "broker": "up"}


def end(port: int) -> None:
    """Signal the supervisor: ``buildah run`` keeps signals to itself."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()[1:]
            ours = process.environ().get("REDLINE_LISTEN") == f"127.0.0.1:{port}"
            if ours and words == ["/opt/redline/bin/redline", "serve"]:
                process.terminate()


def answered(url: str, server: subprocess.Popen[bytes]) -> object:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return json.load(response)
        except OSError:
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)
