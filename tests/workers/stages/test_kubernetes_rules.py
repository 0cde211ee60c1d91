"""kubernetes-rules: which files it judges, what it lists, what a Dockerfile touches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.change import ChangedFile, FileStatus
from rules.config import Config
from rules.finding import Blocks, Side
from workers.project import LARGEST_FILE, Entry, Judged, Project, Unchecked
from workers.stages import kubernetes_rules
from workers.stages.kubernetes_rules import touched_by

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  containers:
    - name: web
      image: ghcr.io/o/web:1
      securityContext:
        runAsNonRoot: true
        allowPrivilegeEscalation: false
"""
KNOWN = ("privileged-container", "unprovable-user", "unreadable-file")
PRIVILEGED = POD % "bad" + "        privileged: true\n        runAsUser: 7\n"
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: %s}}\n"


@dataclass
class Files:
    """A commit's files by path; counts how often the whole tree was asked for."""

    files: Mapping[str, str | bytes]
    commit: str = "c" * 40
    listed: int = 0
    read_paths: list[str] = field(default_factory=list)

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        return {path: Entry("100644", "a" * 40) for path in paths if path in self.files}

    def entries(self) -> Mapping[str, Entry]:
        self.listed += 1
        return self.find(self.files)

    def targets(self, _paths: Iterable[str]) -> Mapping[str, bytes]:
        return {}

    def beside(self, folder: str) -> Mapping[str, Entry]:
        return self.find([path for path in self.files if path.rpartition("/")[0] == folder])

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        found = {}
        for path in paths:
            self.read_paths.append(path)
            if path in self.files:
                text = self.files[path]
                found[path] = text.encode() if isinstance(text, str) else text
                if len(found[path]) > LARGEST_FILE:
                    raise Unchecked(f"{path} is too large")
        return found


def judged(files: Mapping[str, str | bytes], *paths: str) -> Judged:
    chosen = paths or tuple(path for path in files if path.endswith((".yaml", ".yml", ".json")))
    return run(Files(files), *chosen)


def run(tree: Files, *paths: str) -> Judged:
    """What the stage says of these files; of its findings some that the tests know."""
    found = kubernetes_rules.run(Project("", Side.HEAD, paths, tree))
    return replace(found, findings=tuple(each for each in found.findings if each.rule in KNOWN))


def test_a_finding_has_the_folder_of_its_file() -> None:
    found = judged({"apps/pod.yaml": PRIVILEGED, "other/pod.yaml": PRIVILEGED})
    assert [(each.rule, each.project, each.address) for each in found.findings] == [
        ("privileged-container", "apps", "Pod//bad"),
        ("privileged-container", "other", "Pod//bad"),
    ]
    assert found.subjects == {("apps", "Pod//bad"), ("other", "Pod//bad")}
    assert not found.later


def test_an_object_that_moves_within_its_folder_keeps_its_identity() -> None:
    (before,) = judged({"apps/a.yaml": PRIVILEGED}).findings
    moved = "apiVersion: v1\nkind: List\nitems: [{kind: A, apiVersion: b}]\n---\n" + PRIVILEGED
    (after,) = judged({"apps/b.yaml": moved}).findings
    assert before.identity == after.identity
    assert after.location.line == before.location.line + 4


def test_what_cannot_be_read_is_a_finding_on_its_line() -> None:
    found = judged({"a/pod.yaml": "apiVersion: v1\nkind: Pod\nspec: [\n", "b.yaml": "x: [\n"})
    (fault,) = found.findings
    assert (fault.rule, fault.blocks, fault.project) == ("unreadable-file", Blocks.NEW, "a")
    assert (fault.location.path, fault.location.line) == ("a/pod.yaml", 3)
    assert found.subjects == {("a", "a/pod.yaml")}


@pytest.mark.parametrize("bomb", ["[" * 100_000, "{a: " * 50_000, "a: 1\n---\n" * 10_000])
def test_a_bomb_is_one_finding_and_the_others_are_judged(bomb: str) -> None:
    found = judged({"a.yaml": "apiVersion: v1\nkind: Pod\n---\n" + bomb, "pod.yaml": PRIVILEGED})
    assert [each.rule for each in found.findings] == ["unreadable-file", "privileged-container"]


def test_a_broken_kustomization_is_a_finding_whatever_it_says() -> None:
    (fault,) = judged({"k/kustomization.yaml": "resources: [a.yaml\nb: 1\n"}).findings
    assert (fault.rule, fault.location.path) == ("unreadable-file", "k/kustomization.yaml")


def test_what_is_rendered_is_listed_and_not_judged() -> None:
    found = judged(
        {
            "charts/web/Chart.yaml": "apiVersion: v2\nname: web\n",
            "charts/web/templates/pod.yaml": PRIVILEGED + "{{- end }}\n",
            "charts/web/crds/pod.yaml": PRIVILEGED,
            "k/kustomization.yaml": "resources: [pod.yaml]\n",
            "k/pod.yaml": PRIVILEGED,
            "k/alone.yaml": POD % "alone" + "        privileged: true\n        runAsUser: 7\n",
            "jinja.yaml": PRIVILEGED + "{% if x %}\n",
            "patch.yaml": PATCH % "{containers: [{name: web, resources: {}}]}",
        },
        *("charts/web/templates/pod.yaml", "charts/web/crds/pod.yaml", "k/pod.yaml"),
        *("k/alone.yaml", "jinja.yaml", "patch.yaml"),
    )
    assert [each.location.path for each in found.findings] == ["k/alone.yaml"]
    assert found.later == {
        "charts/web/crds/pod.yaml": "chart charts/web",
        "charts/web/templates/pod.yaml": "chart charts/web",
        "jinja.yaml": "a template",
        "k/pod.yaml": "kustomization k",
        "patch.yaml": "a patch without its base",
    }


def test_a_mark_of_a_template_hides_no_manifest_that_can_be_read() -> None:
    found = judged({"pod.yaml": "# {{ x }}\n" + PRIVILEGED})
    assert [each.location.line for each in found.findings] == [12]


def test_a_file_too_large_is_unchecked() -> None:
    with pytest.raises(Unchecked):
        judged({"a.yaml": b"a" * (LARGEST_FILE + 1)})


def test_the_repository_s_dockerfile_is_asked_for_only_when_a_rule_needs_it() -> None:
    there = ("{name: ", "{namespace: shop, name: ")  # what has none makes rules look further
    tree = Files({"pod.yaml": PRIVILEGED.replace(*there), "web/Dockerfile": "FROM a\nUSER app\n"})
    run(tree, "pod.yaml")
    assert tree.listed == 0
    pod = (POD % "p").replace(*there)
    tree = Files({"pod.yaml": pod, "web/Dockerfile": "FROM a\nUSER app\n"})
    (finding,) = run(tree, "pod.yaml").findings
    assert (finding.rule, finding.blocks) == ("unprovable-user", Blocks.NEW)
    assert "web/Dockerfile" in finding.message
    assert tree.listed == 1


def test_a_large_compose_file_does_not_hide_the_others() -> None:
    files: dict[str, str | bytes] = {
        "pod.yaml": POD % "p",
        "compose.yaml": b"#" * (LARGEST_FILE + 1),
        "web/Dockerfile": "FROM a\nUSER app\n",
    }
    assert [each.rule for each in judged(files, "pod.yaml").findings] == ["unprovable-user"]


def dockerfile(path: str, status: FileStatus = FileStatus.MODIFIED, old: str = "") -> ChangedFile:
    sha = "a" * 40
    return ChangedFile(status, old or path, path, sha, sha, "100644", "100644")


NUMBER, NAME, ROOT = "FROM a\nUSER 7\n", "FROM a\nUSER app\n", "FROM a\nUSER root\n"


@pytest.mark.parametrize(
    ("before", "now", "touched"),
    [
        (NUMBER, NAME, True),
        (NUMBER, ROOT, True),
        ("FROM a\n", NAME, True),
        (None, NAME, True),
        (NAME, NUMBER, False),
        (NAME, NAME.replace("app", "web"), False),
        (NAME, ROOT, True),
        (NUMBER, "NONSENSE\n", False),
        (NUMBER, None, False),
    ],
)
def test_a_changed_dockerfile_touches_its_manifests(
    before: str | None, now: str | None, touched: bool
) -> None:
    manifests = {"k8s/pod.yaml": POD % "p", "k8s/other.yaml": (POD % "q").replace("/web", "/log")}
    odd: dict[str, str | bytes] = {
        "big.json": b"a" * (LARGEST_FILE + 1),
        "bad.yaml": "kind: A\napiVersion: [\ncontainers:",
    }
    odd |= {"k/kustomization.yaml": "resources: [p.yaml]", "k/p.yaml": POD % "rendered"}
    head = Files({**manifests, **odd, **({} if now is None else {"web/Dockerfile": now})})
    base = Files({} if before is None else {"web/Dockerfile": before})
    found = touched_by([dockerfile("web/Dockerfile")], head, base, {})
    assert found == (("k8s/pod.yaml",) if touched else ())
    if not touched:
        assert head.listed == 0  # nothing of the repository was looked through


def test_a_moved_dockerfile_is_compared_with_where_it_was() -> None:
    head = Files({"web/Dockerfile": NAME, "pod.yaml": POD % "p"})
    moved = dockerfile("web/Dockerfile", FileStatus.RENAMED, "old/Dockerfile")
    assert touched_by([moved], head, Files({"old/Dockerfile": NAME}), {}) == ()
    assert touched_by([moved], head, Files({"old/Dockerfile": NUMBER}), {}) == ("pod.yaml",)


def test_the_repository_s_settings_say_which_dockerfile_builds_an_image() -> None:
    head = Files({"image/Dockerfile": NAME, "pod.yaml": POD % "p"})
    changed = [dockerfile("image/Dockerfile")]
    assert touched_by(changed, head, Files({"image/Dockerfile": NUMBER}), {}) == ()
    told = {"ghcr.io/o/web": "image/Dockerfile"}
    found = touched_by(changed, head, Files({"image/Dockerfile": NUMBER}), told)
    assert found == ("pod.yaml",)
    project = Project("", Side.HEAD, ("pod.yaml",), head, config=Config(images=told))
    assert "unprovable-user" in {each.rule for each in kubernetes_rules.run(project).findings}
