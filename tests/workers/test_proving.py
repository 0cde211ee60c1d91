"""A suggestion is said only where it holds: whatever a rule offers is judged again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import pytest

from rules.finding import Finding, Side, Suggestion
from tests.workers.test_remembering import Kept
from workers.project import Entry, Judged, Project
from workers.proving import MOST_PROVEN, applied, proven
from workers.remembering import Remembering
from workers.stages import kubernetes_rules

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: web
      image: nginx:1.27.3
"""


@dataclass(frozen=True)
class Files:
    """A tree of a few files."""

    files: Mapping[str, bytes]
    commit: str = "c" * 40

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        return {path: Entry("100644", "1" * 40) for path in paths if path in self.files}

    def entries(self) -> Mapping[str, Entry]:
        return self.find(self.files)

    def beside(self, folder: str) -> Mapping[str, Entry]:
        return self.find([path for path in self.files if path.rpartition("/")[0] == folder])

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {path: self.files[path] for path in paths if path in self.files}

    def targets(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {}


def project(text: str = POD) -> Project:
    return Project("", Side.HEAD, ("pod.yaml",), Files({"pod.yaml": text.encode()}))


def escalation(there: Project) -> Finding:
    found = kubernetes_rules.run(there).findings
    return next(one for one in found if one.rule == "privilege-escalation")


def kept(finding: Finding, there: Project | None = None) -> Suggestion | None:
    (one,) = proven(kubernetes_rules.run, there or project(), [finding])
    assert replace(one, suggestion=finding.suggestion) == finding
    return one.suggestion


RIGHT = "    - name: web\n      securityContext:\n        allowPrivilegeEscalation: false"


def test_what_the_rules_offer_holds() -> None:
    finding = escalation(project())
    assert kept(finding) == finding.suggestion == Suggestion(6, 6, RIGHT)


@pytest.mark.parametrize(
    "wrong",
    [
        Suggestion(6, 6, "    - name: web\n      securityContext: [}"),  # no YAML
        Suggestion(6, 6, "    - name: web"),  # mends nothing
        Suggestion(6, 6, RIGHT.replace("false", "true")),
        Suggestion(6, 6, RIGHT.replace("web", "api")),  # another container
        Suggestion(6, 6, RIGHT + "\n        privileged: true"),  # another finding
        Suggestion(6, 7, RIGHT),  # takes the image away, so there is one finding less
        Suggestion(3, 6, "metadata: {name: q}\nspec:\n  containers:\n" + RIGHT),  # another object
        Suggestion(6, 9, RIGHT),  # lines that are not there
        Suggestion(0, 0, RIGHT),
        Suggestion(6, 6, RIGHT + " # ghp_0123456789abcdefghijABCDEFGHIJ012345"),
    ],
)
def test_what_does_not_hold_is_not_said(wrong: Suggestion) -> None:
    loose = project(POD.replace("nginx:1.27.3", "nginx"))
    assert kept(replace(escalation(loose), suggestion=wrong), loose) is None


def test_what_mends_a_neighbour_too_is_not_said() -> None:
    shared = project(
        POD + "      securityContext: &s\n        tty: 1\n"
        "    - {name: log, image: 'a:1', securityContext: *s}\n"
    )
    wrong = Suggestion(8, 8, "      securityContext: &s\n        allowPrivilegeEscalation: false")
    assert kept(replace(escalation(shared), suggestion=wrong), shared) is None


def test_what_was_there_before_is_not_mended_here() -> None:
    assert kept(replace(escalation(project()), new=False)) is None


def test_a_stage_that_breaks_on_it_proves_nothing() -> None:
    class Broken:
        NAME = "broken"

        @staticmethod
        def run(project: Project) -> Judged:
            if b"securityContext" in project.tree.read(project.paths)["pod.yaml"]:
                raise RuntimeError
            return kubernetes_rules.run(project)

    (one,) = proven(Broken.run, project(), [escalation(project())])
    assert one.suggestion is None


def test_there_is_an_end_to_proving() -> None:
    finding = escalation(project())
    found = list(proven(kubernetes_rules.run, project(), [finding] * (MOST_PROVEN + 2)))
    assert [one.suggestion is not None for one in found] == [True] * MOST_PROVEN + [False] * 2


def test_other_lines_stay_as_they_are() -> None:
    data = b"a\r\n\xff\nb\n"
    assert applied(data, Suggestion(3, 3, "c\nd")) == b"a\r\n\xff\nc\nd\n"
    assert applied(b"a", Suggestion(1, 1, "b")) == b"b"


def test_what_was_proven_is_kept_like_all_that_is_judged() -> None:
    """By the content that git would have: the file as it is and as it would be are two."""
    memory, runs = Kept(), Counter[bytes]()

    class Counting:
        NAME = kubernetes_rules.NAME

        @staticmethod
        def run(project: Project) -> Judged:
            runs.update(project.tree.read(project.paths).values())
            return kubernetes_rules.run(project)

    there = project()
    for _ in range(2):
        judge = partial(Remembering(memory, "1").judged, Counting, str)
        (one,) = proven(judge, there, [escalation(there)])
        assert one.suggestion is not None
    assert sorted(runs.values()) == [1, 1]
