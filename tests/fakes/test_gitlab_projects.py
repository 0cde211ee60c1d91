"""Who may see what: tokens, projects, members, branches, git."""

from pathlib import Path

import gitlab
import httpx
import pytest
from gitlab.v4.objects import Project

from tests.fakes.conftest import signed_in
from tests.fakes.gitlab import FakeGitLab, MergeRequest, Repo
from tests.fakes.test_git import git


def test_tokens(lab: FakeGitLab, shop: Repo) -> None:
    url = f"{lab.api}/user"
    assert httpx.get(url).json() == {"message": "401 Unauthorized"}
    assert httpx.get(url, headers={"PRIVATE-TOKEN": "glpat-x"}).status_code == 401
    token = lab.token("ada")
    for headers in ({"PRIVATE-TOKEN": token}, {"Authorization": f"Bearer {token}"}):
        assert httpx.get(url, headers=headers).json()["username"] == "ada"
    lab.revoke_tokens("ada")
    refused = httpx.get(url, headers={"PRIVATE-TOKEN": token})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    lab.block("mia")
    assert httpx.get(url, headers={"PRIVATE-TOKEN": lab.token("mia")}).status_code == 401


def test_scopes(lab: FakeGitLab, shop: Repo, mr: MergeRequest) -> None:
    reader = gitlab.Gitlab(lab.url, private_token=lab.token("redline", ["read_api"]))
    change = reader.projects.get(shop.id).mergerequests.get(1)
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        change.notes.create({"body": "x"})
    assert refused.value.response_code == 403
    assert "insufficient_scope" in str(refused.value.response_body)
    with pytest.raises(gitlab.GitlabHttpError):
        gitlab.Gitlab(lab.url, private_token=lab.token("redline", ["read_user"])).http_get("/user")


def test_private_projects_are_not_found(lab: FakeGitLab) -> None:
    secret = lab.repository("org/secret", visibility="private", roles={"ada": "reporter"})
    lab.user("gus")
    secret.allow("gus", "guest")
    secret.push("feature", {"a": "b"})
    secret.open_merge_request("feature")
    for name in (secret.id, "org/secret"):
        with pytest.raises(gitlab.GitlabGetError, match="404 Project Not Found"):
            signed_in(lab, "eve").projects.get(name)
    assert signed_in(lab, "ada").projects.get("org/secret").mergerequests.get(1).iid == 1
    with pytest.raises(gitlab.GitlabGetError, match="403"):
        signed_in(lab, "gus").projects.get("org/secret").mergerequests.get(1)
    assert lab.violations == []


def test_projects_of_mine_page_by_page(lab: FakeGitLab, shop: Repo) -> None:
    names = {f"org/p{number}" for number in range(5)}
    for name in names:
        lab.repository(name, roles={"redline": "developer"})
    lab.repository("other/one")
    gl = signed_in(lab, "redline")
    wanted = names | {shop.full_name}
    for further in ({}, {"pagination": "keyset", "order_by": "id"}):
        found = gl.projects.list(membership=True, per_page=2, iterator=True, **further)
        assert {one.path_with_namespace for one in found} == wanted
    headers = {"PRIVATE-TOKEN": lab.token("redline")}
    page = httpx.get(f"{lab.api}/projects?membership=true&per_page=4", headers=headers)
    told = {name: page.headers[f"x-{name}"] for name in ("next-page", "page", "total")}
    assert told == {"next-page": "2", "page": "1", "total": "6"}
    last = httpx.get(f"{lab.api}/projects?membership=true&per_page=4&page=2", headers=headers)
    assert last.headers["x-next-page"] == ""
    assert lab.violations == []


def test_roles_are_asked_live(lab: FakeGitLab, shop: Repo, project: Project) -> None:
    ada = project.manager.gitlab.users.list(username="Ada", get_all=True)[0]
    assert project.members_all.get(ada.id).access_level == 30
    shop.allow("ada", "maintainer")
    assert project.members_all.get(ada.id).access_level == 40
    lab.group("org", {"ola": "owner"})
    ola = lab.user("ola").id
    assert project.members_all.get(ola).access_level == 50
    for manager in (project.members, project.members_all):
        with pytest.raises(gitlab.GitlabGetError, match="404"):
            manager.get(ola if manager is project.members else lab.user("eve").id)
    assert project.manager.gitlab.users.list(username="nobody", get_all=True) == []
    assert lab.violations == []


def test_a_moved_project_keeps_its_id(gl: gitlab.Gitlab, shop: Repo) -> None:
    shop.rename("org/store")
    assert gl.projects.get(shop.id).path_with_namespace == "org/store"
    assert gl.projects.get("org/infra/shop").id == shop.id
    shop.delete()
    with pytest.raises(gitlab.GitlabGetError, match="404"):
        gl.projects.get(shop.id)


def test_branches_commits_and_comparisons(
    lab: FakeGitLab, shop: Repo, project: Project, mr: MergeRequest
) -> None:
    shop.push("main", {"more": "x"})
    base = project.repository_merge_base(["main", "feature"])
    assert base["id"] == mr.merge_base != mr.base  # type: ignore[index]
    compared = project.repository_compare("main", "feature")
    shown = {one["new_path"] for one in compared["diffs"]}  # type: ignore[index]
    assert shown == {"Dockerfile", "deploy/new.yaml", "old.txt"}
    shop.protect("main")
    assert project.branches.get("main").protected is True
    assert project.branches.get("feature").commit["id"] == mr.head
    level = project.protectedbranches.get("main").push_access_levels[0]["access_level"]
    assert level == 40
    with pytest.raises(gitlab.GitlabGetError, match="404 Branch Not Found"):
        project.branches.get("absent")
    assert lab.violations == []


def test_what_is_not_known_is_refused(lab: FakeGitLab, project: Project) -> None:
    with pytest.raises(gitlab.GitlabListError, match="colour is unknown"):
        project.mergerequests.list(colour="red", get_all=True)
    with pytest.raises(gitlab.GitlabListError, match="state does not have a valid value"):
        project.mergerequests.list(state="open", get_all=True)
    with pytest.raises(gitlab.GitlabHttpError):
        project.manager.gitlab.http_get("/nowhere")
    assert len(lab.violations) == 3


def test_git_takes_a_token_for_its_password(lab: FakeGitLab, tmp_path: Path) -> None:
    secret = lab.repository("org/sub/secret", visibility="private", roles={"redline": 30})
    folder = tmp_path / "client"
    folder.mkdir()
    for bad in ("", "glpat-wrong", lab.token("eve"), lab.token("redline", ["read_api"])):
        with pytest.raises(AssertionError):
            git("clone", "-q", secret.clone_url, "never", at=folder, token=bad)
    token = lab.token("redline")
    git("clone", "-q", secret.clone_url, "mine", at=folder, token=token)
    secret.push("feature", {"a": "b"})
    mr = secret.open_merge_request("feature")
    ref = f"refs/merge-requests/{mr.number}/head"
    git("fetch", "-q", "origin", ref, at=folder / "mine", token=token)
    assert git("rev-parse", "FETCH_HEAD", at=folder / "mine") == mr.head


def test_an_instance_under_a_path(tmp_path: Path) -> None:
    with FakeGitLab(tmp_path, prefix="/gitlab") as lab:
        shop = lab.repository("org/shop", roles={"ada": 30})
        shop.push("feature", {"a": "b"})
        mr = shop.open_merge_request("feature")
        read = signed_in(lab, "ada").projects.get("org/shop").mergerequests.get(1)
        assert read.web_url == f"{lab.url}/org/shop/-/merge_requests/1"
        assert mr.head in git("ls-remote", shop.clone_url, at=tmp_path)
        assert httpx.get(f"{lab.server.url}/api/v4/version").status_code == 404
        assert lab.violations == []
