"""The pipelines as they run: real git, a real child, all stages, over hostile and plain changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.change import AnchorKind, Diff
from bot.review import Outcome, StageResult
from rules.finding import Finding, Severity, Side
from tests.repositories import Content, Link, Program, Submodule
from tests.workers.conftest import Make
from workers import parent
from workers.checkout import fetched
from workers.parent import Event, Wishes
from workers.pipe import Ended, Started
from workers.pipelines import STAGES
from workers.project import STAGE_NAMES

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: web
spec:
  containers:
    - name: main
      image: registry.example/web:1.4.2
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        allowPrivilegeEscalation: false
"""
DOCKERFILE = "FROM registry.example/base:1.4.2\nRUN make\nUSER 10001:10001\n"
PRIVILEGED = POD.format(name="a") + "        privileged: true\n"
LINE = 14
Files = Mapping[str, Content]


class Reviewed(dict[str, StageResult]):
    """Results by stage, and the diff that they are about."""

    diff: Diff

    def new(self, rule: str) -> list[tuple[str, int]]:
        found = [one for result in self.values() for one in result.findings]
        return [
            (one.location.path, one.location.line) for one in found if one.new and one.rule == rule
        ]

    def findings(self) -> list[Finding]:
        return [one for result in self.values() for one in result.findings if one.new]


Review = Callable[..., Reviewed]


@pytest.fixture
def review(given_change: Make, tmp_path: Path) -> Review:
    def run(
        before: Files, after: Files, wishes: Wishes | None = None, events: list[Event] | None = None
    ) -> Reviewed:
        def tell(event: Event | None) -> None:
            if event is not None and events is not None:
                events.append(event)

        change = given_change(before, after)
        with fetched(change, "", tmp_path / "state", local=True) as checkout:
            results = parent.run(checkout, wishes or Wishes(tools=False), tell)
            found = Reviewed({result.stage: result for result in results})
            found.diff = checkout.diff
        return found

    return run


def test_stages_have_their_names_in_their_order() -> None:
    assert tuple(stage.NAME for stage in STAGES) == STAGE_NAMES


def test_a_change_that_breaks_everything(review: Review) -> None:
    events: list[Event] = []
    results = review(
        {"pod.yaml": POD.format(name="a"), "Dockerfile": DOCKERFILE},
        {
            "pod.yaml": PRIVILEGED,
            "Dockerfile": "FROM registry.example/base\nRUN cd /tmp && make\nUSER 0\n",
            "link": Link("/etc/passwd"),
            "module": Submodule("1" * 40),
        },
        Wishes(),
        events,
    )
    assert list(results) == list(STAGE_NAMES)
    assert results.new("privileged-container") == [("pod.yaml", LINE)]
    assert results.new("floating-base") == [("Dockerfile", 1)]
    assert results.new("escaping-path") == [("link", 1), ("module", 1)]
    assert results["kubernetes-rules"].outcome is Outcome.FAILED
    assert results["hadolint"].outcome in (Outcome.PASSED, Outcome.UNCHECKED)
    assert {type(event) for event in events} == {Started, Ended}
    assert sorted(one.result.stage for one in events if isinstance(one, Ended)) == sorted(
        STAGE_NAMES
    )
    anchors = [results.diff.anchor(one.location).kind for one in results.findings()]
    assert set(anchors) == {AnchorKind.LINE}


def test_a_change_that_fixes_it_passes(review: Review) -> None:
    results = review({"pod.yaml": PRIVILEGED}, {"pod.yaml": POD.format(name="a")})
    assert results["kubernetes-rules"].outcome is Outcome.PASSED
    assert results["dockerfile-rules"].outcome is Outcome.NOT_NEEDED
    assert results["hadolint"].reason == "switched off: it runs an external program"


def test_lines_that_move_and_files_that_move_bring_nothing_new(review: Review) -> None:
    before: Files = {"a.yaml": PRIVILEGED, "b.yaml": PRIVILEGED.replace("name: a", "name: b")}
    results = review(
        before,
        {
            "a.yaml": "# more\n" * 20 + PRIVILEGED,
            "b.yaml": None,
            "deep/er/c.yaml": before["b.yaml"],
        },
    )
    kubernetes = results["kubernetes-rules"]
    assert kubernetes.outcome is Outcome.PASSED
    assert {one.location.line for one in kubernetes.findings} >= {LINE, LINE + 20}
    assert results.findings() == []


def test_an_object_that_moves_to_another_file_of_its_folder_is_not_new(review: Review) -> None:
    one, other = PRIVILEGED, PRIVILEGED.replace("name: a", "name: b")
    results = review({"all.yaml": f"{one}---\n{other}"}, {"all.yaml": one, "b.yaml": other})
    assert results.findings() == []
    assert len(results["kubernetes-rules"].findings) >= 2


NAMES = [
    "--config=evil.yaml",
    "-rf.yaml",
    "new\nline.yaml",
    "back`tick.yaml",
    "<img src=x>.yaml",
    "b" * 250 + ".yaml",
    "latin-\udce9\udcff.yaml",
    "\u202egpj.yaml",
    "ü/ñ.yaml",
    ":(top)x.yaml",
    "$(id)/a.yaml",
]


def test_names_of_any_bytes_are_reviewed(review: Review) -> None:
    after = dict.fromkeys(NAMES, PRIVILEGED)
    results = review({"x": "x\n"}, after)
    assert sorted(path for path, _ in results.new("privileged-container")) == sorted(NAMES)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (PRIVILEGED.replace("\n", "\r\n").encode(), LINE),
        (PRIVILEGED.encode("utf-16"), LINE),
        (b"\xef\xbb\xbf" + PRIVILEGED.encode(), LINE),
        (PRIVILEGED.rstrip("\n").encode(), LINE),
    ],
    ids=["CRLF", "UTF-16", "BOM", "no final newline"],
)
def test_other_encodings_have_the_right_lines(review: Review, data: bytes, line: int) -> None:
    results = review({"x": "x\n"}, {"pod.yaml": data})
    assert results.new("privileged-container") == [("pod.yaml", line)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"x": "x\n"}, {}),
        ({"pod.yaml": PRIVILEGED}, {"pod.yaml": Program(PRIVILEGED)}),
        ({"a.bin": b"\0"}, {"a.bin": b"\0\1"}),
        ({"pod.yaml": PRIVILEGED}, {"pod.yaml": None}),
        ({"pod.yaml": PRIVILEGED}, {"pod.yaml": None, "b/pod.yaml": PRIVILEGED}),
        ({"x": "x\n"}, {"large.bin": b"\0" * (30 << 20)}),
    ],
    ids=["empty", "mode only", "binary only", "removed", "rename only", "30 MB"],
)
def test_changes_without_lines(review: Review, before: Files, after: Files) -> None:
    results = review(before, after)
    assert results.findings() == []
    assert {result.outcome for result in results.values()} <= {Outcome.PASSED, Outcome.NOT_NEEDED}


def test_a_manifest_that_is_too_large_is_told_with_its_size(review: Review) -> None:
    large = "# x\n" * (300 << 10) + PRIVILEGED
    results = review({"x": "x\n"}, {"large.yaml": large, "pod.yaml": PRIVILEGED})
    kubernetes = results["kubernetes-rules"]
    assert kubernetes.outcome is Outcome.UNCHECKED
    assert kubernetes.reason == f"too large to be judged: large.yaml ({len(large):,} bytes)"
    assert results.new("privileged-container") == [("pod.yaml", LINE)]


def test_a_dockerfile_makes_a_manifest_fail_that_nobody_touched(review: Review) -> None:
    pod = POD.format(name="a").replace("        runAsUser: 10001\n", "")
    results = review(
        {"web/Dockerfile": DOCKERFILE, "deploy/pod.yaml": pod},
        {"web/Dockerfile": DOCKERFILE.replace("10001:10001", "app")},
    )
    assert [path for path, _ in results.new("unprovable-user")] == ["deploy/pod.yaml"]


def test_taking_something_away_blocks_at_who_needs_it(review: Review) -> None:
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: web}\n"
    needy = POD.format(name="a") + "      envFrom: [{configMapRef: {name: settings}}]\n"
    results = review({"deploy/a.yaml": settings, "deploy/pod.yaml": needy}, {"deploy/a.yaml": None})
    (found,) = [one for one in results.findings() if one.rule == "missing-reference"]
    assert (found.location.path, found.severity) == ("deploy/pod.yaml", Severity.BLOCKING)
    assert results["kubernetes-rules"].outcome is Outcome.FAILED
    anchor = results.diff.anchor(found.location, found.cause)
    assert (anchor.kind, anchor.path, anchor.side) == (AnchorKind.LINE, "deploy/a.yaml", Side.BASE)


def test_what_is_vendored_does_not_block(review: Review) -> None:
    results = review({"x": "x\n"}, {"vendor/x/pod.yaml": PRIVILEGED})
    assert results.new("privileged-container") == [("vendor/x/pod.yaml", LINE)]
    assert Severity.BLOCKING not in {one.severity for one in results.findings()}
    assert results["kubernetes-rules"].outcome is Outcome.PASSED


def test_attributes_count_from_base_only(review: Review) -> None:
    attributes = "gen/** linguist-generated\n"
    after = {
        "gen/pod.yaml": PRIVILEGED,
        ".gitattributes": attributes + "* linguist-vendored -diff\n",
    }
    results = review({".gitattributes": attributes}, {**after, "pod.yaml": PRIVILEGED})
    assert results.new("privileged-container") == [("pod.yaml", LINE)]
    assert "gen/pod.yaml" in results["kubernetes-rules"].notes[0]
    assert results.diff.by_new_path["pod.yaml"].added


def test_everything_counts_as_new_where_that_is_asked(review: Review) -> None:
    wishes = Wishes(tools=False, all_new=True)
    results = review({"pod.yaml": PRIVILEGED, "Dockerfile": DOCKERFILE}, {"x": "x\n"}, wishes)
    assert results.new("privileged-container") == [("pod.yaml", LINE)]
    assert results["dockerfile-rules"].outcome is not Outcome.NOT_NEEDED


def test_a_sandbox_that_is_not_to_be_had_leaves_the_rest(review: Review) -> None:
    results = review(
        {"x": "x\n"}, {"Dockerfile": DOCKERFILE, "pod.yaml": PRIVILEGED}, Wishes(sandbox="none")
    )
    assert results["hadolint"].outcome is Outcome.UNCHECKED
    assert results["kubernetes-rules"].outcome is Outcome.FAILED
    assert results["dockerfile-rules"].outcome is Outcome.PASSED


def test_the_same_file_in_two_repositories(given_change: Make, tmp_path: Path) -> None:
    change = given_change({"x": "x\n"}, {"pod.yaml": PRIVILEGED})
    other = replace(change, id=replace(change.id, repository=2))
    for one in (change, other):
        with fetched(one, "", tmp_path / "state", local=True) as checkout:
            parent.run(checkout, Wishes(tools=False), lambda _: None)
    assert len(list((tmp_path / "state" / "mirrors").glob("*/git"))) == 2
