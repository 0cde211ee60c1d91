"""Who may call: JWTs, installation tokens, plain tokens, permissions."""

import time
from collections.abc import Callable
from typing import Any

import github
import httpx
import jwt
import pytest

from tests.fakes.described import DESCRIBED
from tests.fakes.github import AppKey, FakeGitHub, PullRequest, Repo

pytestmark = DESCRIBED

AGENT = {"User-Agent": "test"}


def signed(app: AppKey, now: float | None = None, **claims: Any) -> dict[str, str]:
    now = time.time() if now is None else now
    whole = {"iss": str(app.id), "iat": int(now) - 30, "exp": int(now) + 540, **claims}
    token = jwt.encode(whole, app.private_key, algorithm="RS256")
    return {**AGENT, "Authorization": f"Bearer {token}"}


def mint(fake: FakeGitHub, app: AppKey, **body: Any) -> httpx.Response:
    url = f"{fake.api}/app/installations/{app.installation.id}/access_tokens"
    return httpx.post(url, headers=signed(app), json=body, verify=False)


def get(fake: FakeGitHub, path: str, token: str) -> httpx.Response:
    return httpx.get(
        fake.api + path, headers={**AGENT, "Authorization": f"token {token}"}, verify=False
    )


def test_an_app_is_known_by_its_jwt(fake: FakeGitHub, app: AppKey, repo: Repo) -> None:
    me = httpx.get(f"{fake.api}/app", headers=signed(app), verify=False).json()
    there = httpx.get(
        f"{fake.api}/repos/org/shop/installation", headers=signed(app), verify=False
    ).json()
    assert (me["id"], me["slug"]) == (app.id, "redline")
    assert there["id"] == app.installation.id
    assert fake.violations == []


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        (lambda: {"exp": int(time.time()) + 700}, "too far in the future"),
        (lambda: {"exp": int(time.time()) - 1}, "Expiration time"),
        (lambda: {"iat": int(time.time()) + 300}, "Issued at"),
        (lambda: {"iss": "1"}, "could not be decoded"),
    ],
)
def test_a_wrong_jwt_is_refused(
    fake: FakeGitHub, app: AppKey, claims: Callable[[], dict[str, Any]], words: str
) -> None:
    answer = httpx.get(f"{fake.api}/app", headers=signed(app, **claims()), verify=False)
    assert answer.status_code == 401
    assert words in answer.json()["message"]


def test_anothers_key_is_refused(fake: FakeGitHub, app: AppKey) -> None:
    other = fake.app("other", owner="else")
    token = jwt.encode(
        {"iss": str(app.id), "iat": int(time.time()) - 5, "exp": int(time.time()) + 60},
        other.private_key,
        algorithm="RS256",
    )
    headers = {**AGENT, "Authorization": f"Bearer {token}"}
    assert httpx.get(f"{fake.api}/app", headers=headers, verify=False).status_code == 401


def test_the_forges_clock_decides(fake: FakeGitHub, app: AppKey) -> None:
    fake.clock.skew = -300
    assert httpx.get(f"{fake.api}/app", headers=signed(app), verify=False).status_code == 401
    early = signed(app, time.time() - 300)
    assert httpx.get(f"{fake.api}/app", headers=early, verify=False).status_code == 200


def test_a_token_has_fewer_permissions_when_asked(
    fake: FakeGitHub, app: AppKey, pull: PullRequest
) -> None:
    token = mint(fake, app, permissions={"checks": "write"}).json()
    assert token["permissions"] == {"checks": "write", "metadata": "read"}
    refused = get(fake, "/repos/org/shop/pulls/1", token["token"])
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"
    assert get(fake, "/repos/org/shop", token["token"]).status_code == 200
    more = mint(fake, app, permissions={"contents": "write"})
    assert more.status_code == 422
    assert fake.violations == []


def test_a_token_ends(fake: FakeGitHub, app: AppKey, repo: Repo) -> None:
    token = mint(fake, app).json()["token"]
    fake.clock.advance(3601)
    assert get(fake, "/repos/org/shop", token).json()["message"] == "Bad credentials"
    again = mint_at_fakes_time(fake, app)
    fake.expire_tokens()
    assert get(fake, "/repos/org/shop", again).status_code == 401


def mint_at_fakes_time(fake: FakeGitHub, app: AppKey) -> str:
    url = f"{fake.api}/app/installations/{app.installation.id}/access_tokens"
    headers = signed(app, fake.clock.now())
    return str(httpx.post(url, headers=headers, verify=False).json()["token"])


def test_a_permission_is_taken_away_from_living_tokens(
    fake: FakeGitHub, app: AppKey, pull: PullRequest
) -> None:
    token = mint(fake, app).json()["token"]
    assert get(fake, "/repos/org/shop/pulls/1", token).status_code == 200
    app.grant(pull_requests=None)
    assert get(fake, "/repos/org/shop/pulls/1", token).status_code == 403


def test_other_accounts_repositories_are_not_there(fake: FakeGitHub, app: AppKey) -> None:
    fake.repository("else/where")
    token = mint(fake, app).json()["token"]
    assert get(fake, "/repos/else/where", token).status_code == 404


def test_a_private_repository_needs_a_role(fake: FakeGitHub) -> None:
    fake.repository("org/secret", private=True, roles={"ada": "read"})
    assert get(fake, "/repos/org/secret", fake.token("eve")).status_code == 404
    assert get(fake, "/repos/org/secret", fake.token("ada")).status_code == 200


def test_nobody_may_write_and_a_bad_token_is_401(fake: FakeGitHub, pull: PullRequest) -> None:
    url = f"{fake.api}/repos/org/shop/issues/1/comments"
    assert httpx.post(url, headers=AGENT, json={"body": "x"}, verify=False).status_code == 401
    assert get(fake, "/user", "ghp_wrong").json()["message"] == "Bad credentials"


def test_a_request_without_a_name_is_refused(fake: FakeGitHub) -> None:
    assert (
        httpx.get(f"{fake.api}/rate_limit", headers={"User-Agent": ""}, verify=False).status_code
        == 403
    )


def test_an_installation_is_no_user(fake: FakeGitHub, bot: httpx.Client, repo: Repo) -> None:
    assert bot.get("/user").status_code == 403
    assert bot.get("/installation/repositories").json()["total_count"] == 1
    assert get(fake, "/user", fake.token("ada")).json()["login"] == "ada"
    assert fake.violations == []


def test_pygithub_takes_the_same_way(fake: FakeGitHub, app: AppKey, pull: PullRequest) -> None:
    key = github.Auth.AppAuth(app.id, app.private_key)
    integration = github.GithubIntegration(auth=key, base_url=fake.api)
    found = integration.get_repo_installation("org", "shop")
    token = integration.get_access_token(found.id, permissions={"pull_requests": "read"})
    hub = github.Github(auth=github.Auth.Token(token.token), base_url=fake.api)
    read = hub.get_repo(pull.state.repository.id).get_pull(pull.number)
    assert read.head.sha == pull.head
    with pytest.raises(github.GithubException) as refused:
        read.create_issue_comment("no")
    assert refused.value.status == 403
    assert fake.violations == []
