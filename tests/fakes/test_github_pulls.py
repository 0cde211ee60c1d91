"""Reading pull requests, comparisons, repositories and people."""

import github
import httpx

from tests.fakes.described import DESCRIBED
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

pytestmark = DESCRIBED

SHOP = "/repos/org/shop"


def test_a_pull_request_and_its_files(
    client: httpx.Client, fake: FakeGitHub, pull: PullRequest
) -> None:
    read = client.get(f"{SHOP}/pulls/1").json()
    assert (read["head"]["sha"], read["base"]["ref"]) == (pull.head, "main")
    assert (read["additions"], read["deletions"], read["changed_files"]) == (2, 4, 3)
    files = client.get(f"{SHOP}/pulls/1/files").json()
    assert [(one["filename"], one["status"]) for one in files] == [
        ("Dockerfile", "modified"),
        ("deploy/new.yaml", "added"),
        ("old.txt", "removed"),
    ]
    assert files[0]["patch"].startswith("@@ -1,4 +1,5 @@\n FROM debian:12\n+USER root\n")
    assert len(client.get(f"{SHOP}/pulls/1/commits").json()) == 1
    assert client.get(f"{SHOP}/issues/1").json()["pull_request"]
    assert client.get(f"{SHOP}/pulls/9").status_code == 404
    assert fake.violations == []


def test_the_newer_interface_leaves_fields_out(client: httpx.Client, pull: PullRequest) -> None:
    newer = {"X-GitHub-Api-Version": "2026-03-10"}
    read = client.get(f"{SHOP}/pulls/1", headers=newer).json()
    assert "merge_commit_sha" not in read
    assert "assignee" not in read
    unknown = {"X-GitHub-Api-Version": "2019-01-01"}
    assert client.get(f"{SHOP}/pulls/1", headers=unknown).status_code == 400


def test_lists_are_sorted_filtered_and_cached(
    client: httpx.Client, fake: FakeGitHub, repo: Repo, pull: PullRequest
) -> None:
    fake.clock.advance(10)
    repo.push("second", {"new": "x"})
    second = repo.open_pull("second", draft=True)
    fake.clock.advance(10)
    pull.comment("bob", "Nice")
    second.close()
    opened = client.get(f"{SHOP}/pulls")
    assert [one["number"] for one in opened.json()] == [1]
    url = f"{SHOP}/pulls?state=all&sort=updated&direction=asc"
    assert [one["number"] for one in client.get(url).json()] == [1, 2]
    same = client.get(f"{SHOP}/pulls", headers={"If-None-Match": opened.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    before, after = (int(one.headers["x-ratelimit-used"]) for one in (opened, same))
    assert after == before + 1  # the listing between them; the 304 is free
    second.reopen()
    changed = client.get(f"{SHOP}/pulls", headers={"If-None-Match": opened.headers["etag"]})
    assert [one["number"] for one in changed.json()] == [2, 1]
    assert fake.violations == []


def test_a_comparison_names_the_merge_base(
    client: httpx.Client, fake: FakeGitHub, repo: Repo, pull: PullRequest
) -> None:
    begin = repo.sha()
    repo.push("main", {"other": "x"})
    told = client.get(f"{SHOP}/compare/main...{pull.head}").json()
    assert told["merge_base_commit"]["sha"] == begin == pull.merge_base
    assert told["base_commit"]["sha"] == repo.sha()
    assert (told["status"], told["ahead_by"], told["behind_by"]) == ("diverged", 1, 1)
    assert next(one["filename"] for one in told["files"]) == "Dockerfile"
    assert client.get(f"{SHOP}/compare/main...absent").status_code == 404
    assert fake.violations == []


def test_a_comparison_stops_at_300_files(
    client: httpx.Client, fake: FakeGitHub, repo: Repo
) -> None:
    sha = repo.push("many", {f"f/{number}": "x\n" for number in range(310)})
    told = client.get(f"{SHOP}/compare/main...{sha}").json()
    assert len(told["files"]) == 300
    assert fake.violations == []


def test_a_large_file_has_no_patch(client: httpx.Client, repo: Repo) -> None:
    repo.push("large", {"large": "x\n" * 3001, "small": "y\n"})
    repo.open_pull("large")
    files = client.get(f"{SHOP}/pulls/1/files").json()
    assert ["patch" in one for one in files] == [False, True]


def test_a_rename_keeps_its_former_path(client: httpx.Client, repo: Repo) -> None:
    text = "".join(f"line {number}\n" for number in range(30))
    repo.push("main", {"a b.txt": text})
    repo.push("move", {"a b.txt": None, "é\t.txt": text + "more\n"})
    repo.open_pull("move")
    [one] = client.get(f"{SHOP}/pulls/1/files").json()
    assert (one["status"], one["previous_filename"], one["filename"]) == (
        "renamed",
        "a b.txt",
        "é\t.txt",
    )


def test_a_fork_and_its_end(client: httpx.Client, fake: FakeGitHub, repo: Repo) -> None:
    fork = repo.fork("eve")
    fork.push("patch", {"Dockerfile": "FROM evil\n"}, by="eve")
    pull = repo.open_pull("patch", fork=fork, by="eve")
    read = client.get(f"{SHOP}/pulls/1").json()
    assert read["head"]["repo"]["full_name"] == "eve/shop"
    assert read["head"]["repo"]["fork"] is True
    before = pull.head
    pull.push({"Dockerfile": "FROM worse\n"})
    assert fake.hooks.log[-1].action == "synchronize"
    assert fake.hooks.log[-1].payload["before"] == before
    fork.delete()
    read = client.get(f"{SHOP}/pulls/1").json()
    assert (read["head"]["repo"], read["head"]["sha"]) == (None, pull.head)
    assert fake.violations == []


def test_a_renamed_repository_is_found_by_its_id(
    client: httpx.Client, fake: FakeGitHub, repo: Repo, pull: PullRequest
) -> None:
    repo.rename("store")
    moved = client.get(f"{SHOP}/pulls/1")
    assert moved.status_code == 301
    assert moved.headers["location"] == f"{fake.api}/repositories/{repo.id}/pulls/1"
    assert client.get(moved.headers["location"]).json()["number"] == 1
    assert client.get(f"/repositories/{repo.id}").json()["full_name"] == "org/store"
    assert client.get("/repositories/7").status_code == 404


def test_the_life_of_a_pull_request(
    client: httpx.Client, fake: FakeGitHub, repo: Repo, pull: PullRequest
) -> None:
    pull.to_draft()
    assert client.get(f"{SHOP}/pulls/1").json()["draft"] is True
    pull.ready()
    repo.push("release", {}, start="main")
    pull.retarget("release")
    assert fake.hooks.log[-1].payload["changes"]["base"]["ref"] == {"from": "main"}
    pull.close()
    pull.reopen()
    sha = pull.merge()
    read = client.get(f"{SHOP}/pulls/1").json()
    assert (read["merged"], read["state"], read["merge_commit_sha"]) == (True, "closed", sha)
    actions = [event["what"] for event in pull.conversation()["events"]]
    assert actions == [one.action for one in fake.hooks.log if one.event == "pull_request"]
    assert actions == [
        "opened",
        "converted_to_draft",
        "ready_for_review",
        "edited",
        "closed",
        "reopened",
        "closed",
    ]
    assert fake.violations == []


def test_a_merge_queue(fake: FakeGitHub, repo: Repo, pull: PullRequest) -> None:
    head = repo.queue(pull)
    asked = fake.hooks.log[-1]
    assert (asked.event, asked.action) == ("merge_group", "checks_requested")
    assert asked.payload["merge_group"]["head_sha"] == head
    repo.destroy_queue(pull)
    assert fake.hooks.log[-1].payload["reason"] == "invalidated"
    assert fake.violations == []


def test_roles_are_asked_live(
    fake: FakeGitHub, client: httpx.Client, bot: httpx.Client, repo: Repo
) -> None:
    def role(login: str) -> tuple[str, str]:
        told = bot.get(f"{SHOP}/collaborators/{login}/permission").json()
        return told["permission"], told["role_name"]

    assert (role("ada"), role("bob")) == (("write", "write"), ("read", "read"))
    repo.allow("bob", "maintain")
    assert role("bob") == ("write", "maintain")
    repo.allow("bob", "triage")
    assert role("bob") == ("read", "triage")
    fake.user("eve")
    assert role("eve") == ("read", "read")
    assert bot.get(f"{SHOP}/collaborators/absent/permission").status_code == 404
    as_bob = {"Authorization": f"Bearer {fake.token('bob')}"}
    url = f"{SHOP}/collaborators/ada/permission"
    assert client.get(url, headers=as_bob).status_code == 403
    assert fake.violations == []


def test_protection(
    bot: httpx.Client, client: httpx.Client, app: AppKey, fake: FakeGitHub, repo: Repo
) -> None:
    assert bot.get(f"{SHOP}/rules/branches/main").json() == []
    repo.require("redline", app.id)
    [rule] = bot.get(f"{SHOP}/rules/branches/main").json()
    [check] = rule["parameters"]["required_status_checks"]
    assert check == {"context": "redline", "integration_id": app.id}
    assert bot.get(f"{SHOP}/branches/main/protection").status_code == 403
    app.grant(administration="read")
    told = client.get(f"{SHOP}/branches/main/protection").json()
    assert told["required_status_checks"]["checks"][0]["context"] == "redline"
    assert client.get(f"{SHOP}/branches/main").json()["protected"] is True
    assert fake.violations == []


def test_pygithub_reads_it(fake: FakeGitHub, pull: PullRequest) -> None:
    hub = github.Github(auth=github.Auth.Token(fake.token("ada")), base_url=fake.api,
                        seconds_between_requests=0, seconds_between_writes=0)  # fmt: skip
    read = hub.get_repo("org/shop").get_pull(1)
    assert next(one.filename for one in read.get_files()) == "Dockerfile"
    assert [one.number for one in hub.get_repo("org/shop").get_pulls(sort="updated")] == [1]
    assert hub.get_user().login == "ada"
    assert [one.full_name for one in hub.get_user().get_repos()] == ["org/shop"]
    assert fake.violations == []


def test_an_enterprise_servers_addresses(fake: FakeGitHub) -> None:
    with FakeGitHub(prefix="/api/v3") as other:
        repo = other.repository("org/shop")
        repo.push("feature", {"a": "b"})
        repo.open_pull("feature")
        hub = github.Github(auth=github.Auth.Token(other.token("ada")), base_url=other.api)
        assert (
            hub.get_repo("org/shop").get_pull(1).url == f"{other.url}/api/v3/repos/org/shop/pulls/1"
        )
        asked = hub.requester.graphql_query("{ viewer { login } }", {})
        assert asked[1]["data"]["viewer"]["login"] == "ada"
        assert other.violations == []
