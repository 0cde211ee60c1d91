"""dockerfile-rules: whose finding it is, what cannot be read, what waits until it is rendered."""

from collections.abc import Mapping

from rules.finding import Blocks, Severity
from tests.workers.stages.given import Files, project
from workers.project import Entry, Judged
from workers.stages import dockerfile_rules


def judged(files: dict[str, str | bytes]) -> Judged:
    return dockerfile_rules.run(project(Files(files)))


def test_a_finding_belongs_to_the_folder_of_its_file() -> None:
    found = judged({"web/Dockerfile": "FROM a\nUSER 1\n", "Dockerfile": "FROM b:1.2\nUSER 1\n"})
    (one,) = found.findings
    assert (one.rule, one.project, one.address) == ("floating-base", "web", "web/Dockerfile")
    assert found.subjects == {("web", "web/Dockerfile"), ("", "Dockerfile")}
    assert not found.later


def test_what_docker_refuses_is_a_finding_at_its_line() -> None:
    found = judged({"a/Dockerfile": "FROM a\n\nFOO\n", "Dockerfile": "FROM b\nUSER 1\n"})
    unreadable, floating = sorted(found.findings, key=lambda one: one.rule, reverse=True)
    assert (unreadable.rule, unreadable.location.line) == ("unreadable-file", 3)
    assert (unreadable.severity, unreadable.blocks) == (Severity.BLOCKING, Blocks.NEW)
    assert unreadable.project == "a"
    assert floating.rule == "floating-base"  # one file hides nothing of another
    assert ("a", "a/Dockerfile") in found.subjects


def test_utf_16_is_refused_and_judged() -> None:
    found = judged({"Dockerfile": b"\xff\xfe" + "FROM a:1.2\nUSER app\n".encode("utf-16-le")})
    assert [(one.rule, one.location.line) for one in found.findings] == [
        ("unreadable-file", 1),
        ("named-user", 2),
    ]


def test_a_template_waits_until_it_is_rendered() -> None:
    found = judged({"Dockerfile": "{{ if .A }}\nFROM a\n{{ end }}\n"})
    assert found.findings == ()
    assert found.later == {"Dockerfile": "a template"}
    assert found.subjects == frozenset()


def test_braces_within_an_instruction_make_no_template() -> None:
    found = judged({"Dockerfile": "FROM a\nRUN docker inspect --format '{{.State}}' b\nUSER 1\n"})
    assert [one.rule for one in found.findings] == ["floating-base"]


def test_a_moved_file_keeps_the_identity_that_a_rename_follows() -> None:
    (before,) = judged({"web/Dockerfile": "FROM a\nUSER 1\n"}).findings
    (after,) = judged({"app/Dockerfile": "# moved\nFROM a\nUSER 1\n"}).findings
    assert before.key.follow("web/Dockerfile", "app/Dockerfile") == after.key


def test_the_repository_is_listed_only_when_a_rule_asks() -> None:
    class Unlisted(Files):
        def entries(self) -> Mapping[str, Entry]:
            raise AssertionError

    tree = Unlisted({"Dockerfile": "FROM a:1.2\nCOPY a b\nUSER 1\n"})
    assert dockerfile_rules.run(project(tree)).findings == ()


def test_rules_look_around_in_the_commit() -> None:
    files: dict[str, str | bytes] = {
        "web/Dockerfile": "FROM ghcr.io/shop/base:1.2\nCOPY . .\n",
        "web/package.json": "{}",
        "base/Dockerfile": "FROM debian:12.8\nUSER 1\n",
    }
    found = dockerfile_rules.run(project(Files(files), "web/Dockerfile")).findings
    assert [one.rule for one in found] == ["missing-dockerignore"]
    files["web/.dockerignore"] = "node_modules"
    assert dockerfile_rules.run(project(Files(files), "web/Dockerfile")).findings == ()
