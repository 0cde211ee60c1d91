"""files-rules: which links lead out, over other links too, and submodules."""

import pytest

from rules.finding import Severity
from tests.workers.stages.given import Files, project
from workers.project import Judged
from workers.stages import files_rules

LINK, SUBMODULE = "120000", "160000"


def judged(links: dict[str, str | bytes], **files: str) -> Judged:
    tree = Files({**links, **files}, dict.fromkeys(links, LINK))
    return files_rules.run(project(tree, *links))


@pytest.mark.parametrize(
    ("path", "target", "said"),
    [
        ("a", "/etc/passwd", "an absolute path"),
        ("a", "/proc/self/environ", "an absolute path"),
        ("a", "..", "a path outside the repository"),
        ("a", "../a", "a path outside the repository"),
        ("x/y/a", "../../../b", "a path outside the repository"),
        ("x/a", "../y/../../b", "a path outside the repository"),
        ("x/a", "./.././../b", "a path outside the repository"),
        ("a", "a", "itself, in a loop"),
        ("x/a", "../x/a", "itself, in a loop"),
        ("a", b"\xff/../../b", "a path outside the repository"),
        ("a", "//host/share", "an absolute path"),
    ],
)
def test_what_leads_out(path: str, target: str | bytes, said: str) -> None:
    (one,) = judged({path: target}).findings
    assert (one.rule, one.severity) == ("escaping-path", Severity.WARNING)
    assert said in one.message
    assert (one.location.path, one.location.line, one.address) == (path, 1, path)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "b"),
        ("a", "./b/c"),
        ("x/a", ".."),
        ("x/y/a", "../../b"),
        ("x/a", "../x/../y/./b"),
        ("a", "missing"),
        ("a", ""),
        ("a", "..a/b"),
        ("a", "b..c"),
        ("a", "$HOME/x"),
    ],
)
def test_what_stays_inside(path: str, target: str) -> None:
    assert judged({path: target}).findings == ()


def test_links_are_followed_on_paper() -> None:
    found = judged({"x/a": "b/c", "x/b": "../y", "y/c": "../../out", "z": "x/b/d"})
    assert {one.address for one in found.findings} == {"x/a", "y/c"}


def test_a_link_through_another_that_climbs_stays_inside() -> None:
    assert judged({"a": "x/up/x/file", "x/up": ".."}).findings == ()


def test_a_loop_of_several_is_found() -> None:
    found = judged({"a": "b", "b": "c/d", "c": "a", "e": "f"})
    assert {one.address for one in found.findings} == {"a", "b", "c"}


def test_a_path_that_no_system_takes_leads_out() -> None:
    assert len(judged({"a": "x/" * 3000}).findings) == 1


def test_a_submodule_is_said_and_each_new_commit_anew() -> None:
    def at(commit: str) -> Judged:
        tree = Files({"lib": ""}, {"lib": SUBMODULE}, {"lib": commit})
        return files_rules.run(project(tree, "lib"))

    (old,), (new,) = at("1" * 40).findings, at("2" * 40).findings
    assert "`222222222222`" in new.message
    assert old.identity != new.identity
    assert at("1" * 40).subjects == {("", "lib")}


def test_its_target_is_shown_cut_and_as_text() -> None:
    (one,) = judged({"a": b"/" + b"\xff" * 300}).findings
    assert len(one.message) < 400
    assert one.message.encode()  # no lone surrogates


CONFLICT = "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n"


def test_what_a_merge_left_in_any_infrastructure_file() -> None:
    found = files_rules.run(project(Files({"web/a.yaml": CONFLICT, "b.tf": "x\n" + CONFLICT})))
    assert [(one.rule, one.project, one.address, one.location.line) for one in found.findings] == [
        ("conflict-marker", "", "b.tf", 3),
        ("conflict-marker", "web", "web/a.yaml", 2),
    ]
    assert found.subjects == {("web", "web/a.yaml"), ("", "b.tf")}


def test_a_file_without_a_conflict_is_no_business_of_this_stage() -> None:
    assert files_rules.run(project(Files({"a.yaml": "a: 1\n", "b.tf": ""}))) == Judged()


def test_what_runs_is_judged_whatever_is_found() -> None:
    found = files_rules.run(
        project(Files({"a.sh": "true\n", "b.sh": "tofu apply -auto-approve\n"}))
    )
    assert [(one.rule, one.address) for one in found.findings] == [("unreviewed-apply", "b.sh")]
    assert found.subjects == {("", "a.sh"), ("", "b.sh")}
