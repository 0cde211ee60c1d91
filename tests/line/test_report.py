"""The page behind the status, from the push to the browser, on both forges."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.report.address import address
from bot.report.pages import MISSING
from tests.line.forges import identity, said
from tests.line.server import KEY, eventually, free_port
from tests.line.world import World


@pytest.fixture(params=["github", "gitlab"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A server that has an address for people."""
    port = free_port()
    environment = {"REDLINE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    folder = tmp_path_factory.mktemp("report")
    with World(folder, environment, options={"port": port}, forge=request.param) as made:
        yield made


def target(world: World, pull: Any) -> str:
    """Where the finished status of the newest commit leads."""

    def found() -> str:
        repo = world.repo_of(pull)
        if world.forge == "gitlab":
            rows = [one for one in repo.statuses(pull.head) if one.state in ("success", "failed")]
            return str(rows[-1].target_url) if rows and world.idle(pull) else ""
        runs = [one for one in repo.checks(pull.head) if one.status == "completed"]
        return str(runs[-1].details_url) if runs and world.idle(pull) else ""

    return eventually(found, "the review")


def test_the_status_leads_to_the_page_and_the_summary_too(world: World) -> None:
    pull = world.open(world.repo())
    first = target(world, pull)
    assert first.endswith(f"/{pull.head}")
    html = httpx.get(first).text
    assert "deploy/shop/worker.yaml<b>:50</b>" in html
    assert "Blocks merge" in html
    [change] = {
        link for body, _place in said(pull) for link in re.findall(r"whole review\]\((\S+)\)", body)
    }
    assert first == f"{change}/{pull.head}"
    assert f"<code>{pull.head[:7]}</code>" in httpx.get(change).text

    world.push(pull, "fixed")
    second = target(world, pull)
    assert httpx.get(change).text.count("<li aria-current") == 1
    assert "Nothing to report in this change." in httpx.get(second).text
    assert "This is an earlier review" in httpx.get(first).text
    assert httpx.get(first[:-1]).text == MISSING.html


def test_the_page_says_how_far_a_review_is(world: World) -> None:
    repo = world.repo()
    fault = world.fake.faults.add("* */*.git/*", what="hang", seconds=3)
    pull = world.open(repo)
    eventually(lambda: fault.hits, "git is held")
    page = address(world.redline.url, identity(pull), KEY.encode(), pull.head)
    html = httpx.get(page).text
    assert "<h1>Checking out</h1>" in html
    assert f"Commit <code>{pull.head[:7]}</code> · Running for" in html
    assert target(world, pull) == page
    assert "Blocks merge" in httpx.get(page).text
