"""The fake is held to GitHub's own description, and can be driven from outside."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.described import DESCRIBED
from tests.fakes.github import FakeGitHub, PullRequest, openapi
from tests.fakes.github.web import OPERATIONS

ROOT = Path(__file__).parents[2]
OWN = {"graphql"}  # described by its own schema

pytestmark = DESCRIBED


def test_the_table_of_operations_is_the_descriptions() -> None:
    described = {
        name: (one["method"], one["path"]) for name, one in openapi.description().operations.items()
    }
    ours = {one.name: (one.method, one.template) for one in OPERATIONS if one.name not in OWN}
    assert ours == described


def test_a_request_against_the_description_is_told(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    url = "/repos/org/shop/pulls"
    for bad in (f"{url}?state=merged", f"{url}?limit=5", f"{url}?per_page=many"):
        assert client.get(bad).status_code == 422
    assert client.get("/repos/org/shop/nonsense").status_code == 404
    told = "\n".join(fake.violations)
    for word in ("state", "limit", "per_page", "nonsense"):
        assert word in told


def test_an_answer_of_the_fakes_own_is_judged(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    pull.state.title = None  # type: ignore[assignment]
    client.get("/repos/org/shop/pulls/1")
    [fault] = fake.violations
    assert fault.startswith("answer of pulls/get: title:")


def test_a_webhook_is_judged(fake: FakeGitHub) -> None:
    fake.hooks.send("pull_request", {"number": 1}, "opened")
    assert any("webhook pull_request opened" in fault for fault in fake.violations)


def test_the_installer_has_nothing_to_do_twice() -> None:
    stamp = (ROOT / "build" / "openapi" / "github.json").stat().st_mtime_ns
    subprocess.run([ROOT / "tools" / "openapi" / "install"], check=True, timeout=60)
    assert (ROOT / "build" / "openapi" / "github.json").stat().st_mtime_ns == stamp


def test_the_fake_as_a_process(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.github", "--app-key", str(key), "--state",
         str(tmp_path / "state")],
        stdout=subprocess.PIPE, cwd=ROOT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert key.read_text().startswith("-----BEGIN PRIVATE KEY-----")
        with httpx.Client(base_url=told["url"], verify=False) as client:
            play(client)
    finally:
        process.terminate()
        assert process.wait(10) == 0
        assert process.stdout is not None
        process.stdout.close()


def play(client: httpx.Client) -> None:
    """A pull request's life, by HTTP alone."""
    files, shop = {"Dockerfile": "FROM a\n"}, {"repository": "org/shop"}
    act(client, "repository", name="org/shop", files=files, roles={"ada": "write"})
    act(client, "push", **shop, branch="feature", files={"Dockerfile": "FROM b\n"}, by="ada")
    assert act(client, "open_pull", **shop, head="feature", by="ada")["number"] == 1
    number = act(client, "comment", **shop, pull=1, login="ada", text="Hello")
    act(client, "push", **shop, pull=1, files={"new": "x"})
    told = act(client, "conversation", **shop, pull=1)
    assert told["timeline"][0]["id"] == number
    assert act(client, "violations") == []
    assert client.post("/_fake/nothing", json=shop).status_code == 400


def act(client: httpx.Client, name: str, /, **given: object) -> Any:
    answer = client.post(f"/_fake/{name}", json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()["ok"]
