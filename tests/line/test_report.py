"""The page behind the status, from the push to the browser."""

import re
from collections.abc import Iterator

import httpx
import pytest

from bot.report.pages import MISSING
from tests.fakes.github import PullRequest
from tests.line.server import eventually, free_port
from tests.line.world import World


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that has an address for people."""
    port = free_port()
    environment = {"REDLINE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    folder = tmp_path_factory.mktemp("report")
    with World(folder, environment, options={"port": port}) as made:
        yield made


def address(world: World, pull: PullRequest) -> str:
    """Where the finished check of the newest commit leads."""

    def found() -> str:
        runs = [one for one in world.repo_of(pull).checks(pull.head) if one.name == "redline"]
        done = [one for one in runs if one.status == "completed"]
        return str(done[-1].details_url) if done and world.idle(pull) else ""

    return eventually(found, "the review")


def test_the_status_leads_to_the_page_and_the_summary_too(world: World) -> None:
    pull = world.open(world.repo())
    first = address(world, pull)
    assert first.endswith(f"/{pull.head}")
    html = httpx.get(first).text
    assert "deploy/shop/worker.yaml<b>:30</b>" in html
    assert "Blocks merge" in html
    [summary] = [each.body for each in pull.comments]
    change = re.search(r"\[The whole review\]\((\S+)\)", summary)
    assert change is not None
    assert first == f"{change[1]}/{pull.head}"
    assert f"<code>{pull.head[:7]}</code>" in httpx.get(change[1]).text

    world.push(pull, "fixed")
    second = address(world, pull)
    assert httpx.get(change[1]).text.count("<li aria-current") == 1
    assert "Nothing to report in this change." in httpx.get(second).text
    assert "This is an earlier review" in httpx.get(first).text
    assert httpx.get(first[:-1]).text == MISSING.html
