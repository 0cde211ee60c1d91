"""One stage over one change: what it is run over, what is new, and how much it weighs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.review import Outcome, StageResult
from rules.config import NAME as SETTINGS
from rules.config import Config, Does, Weight
from rules.finding import Blocks, Finding, Location, Severity, Side, folder
from rules.gate import Gate
from rules.profile import Profile
from rules.rule import numbered
from tests.repositories import Content, Link, Program, Submodule
from tests.workers.trees import Commit, diff
from workers.pipe import Wishes
from workers.project import Judged, Project, Unchecked
from workers.step import Step, attempted
from workers.touched import (
    Reviewed,
    always,
    any_files,
    dockerfiles,
    large_manifest,
    manifests,
)

Files = Mapping[str, Content]
LARGE = "x" * ((1 << 20) + 1)


@dataclass
class Stage:
    """Finds each line that says ``bad``; what follows says which of its kind it is."""

    NAME: str = "stage"
    blocks: Blocks = Blocks.NEW
    faults: dict[Side, Exception] = field(default_factory=dict)
    seen: list[Project] = field(default_factory=list)

    def run(self, project: Project) -> Judged:
        self.seen.append(project)
        if project.side in self.faults:
            raise self.faults[project.side]
        files = project.tree.read(project.paths)
        found = [
            Finding(
                "rule",
                Severity.BLOCKING,
                Location(path, number),
                "",
                line,
                path,
                folder(path),
                blocks=self.blocks,
            )
            for path, data in files.items()
            for number, line in enumerate(data.decode().split("\n"), 1)
            if line.startswith("bad")
        ]
        subjects = frozenset((folder(path), path) for path in files)
        return Judged(tuple(numbered(found)), subjects, (f"read {len(files)}",))


def review(before: Files, after: Files, stage: Stage | None = None, **more: object) -> StageResult:
    """What comes of a stage that wants every manifest."""
    renames = more.pop("renames", {})
    marked = more.pop("marked", ())
    step = Step(stage or Stage(), "manifest", manifests, large_manifest, **more.pop("step", {}))  # type: ignore[arg-type]
    reviewed = Reviewed(
        diff(before, after, **renames),  # type: ignore[arg-type]
        Commit(before),
        Commit(after),
        lambda paths: frozenset(marked) & frozenset(paths),  # type: ignore[call-overload]
    )
    gate = Gate(more.pop("profile", Profile.DEFAULT), more.pop("block_on", Severity.BLOCKING))  # type: ignore[arg-type]
    config = replace(more.pop("config", Config()), gate=gate)  # type: ignore[type-var]
    return attempted(step, reviewed, Wishes(config=config, **more))  # type: ignore[arg-type]


def new(result: StageResult) -> list[tuple[str, int]]:
    return [(one.location.path, one.location.line) for one in result.findings if one.new]


def test_what_is_new_fails() -> None:
    result = review({"a.yaml": "x\nbad 1\n"}, {"a.yaml": "y\nbad 1\nbad 2\n"})
    assert result.outcome is Outcome.FAILED
    assert new(result) == [("a.yaml", 3)]
    assert len(result.findings) == 2
    assert result.notes == ("read 1",)


def test_what_is_judged_when_rendered_is_listed_by_who_renders_it() -> None:
    class Listing(Stage):
        def run(self, project: Project) -> Judged:
            later = {path: f"chart {folder(path)}" for path in project.paths}
            return replace(super().run(project), later=later)

    files: Files = {f"c/{number:02}.yaml": "" for number in range(7)}
    result = review({}, {**files, "d/a.yaml": ""}, Listing())
    assert result.later == {*files, "d/a.yaml"}
    assert result.notes[1:] == (
        f"not judged before it is rendered: {', '.join([*files][:5])} and 2 more (chart c)",
        "not judged before it is rendered: d/a.yaml (chart d)",
    )


def test_what_was_there_before_passes() -> None:
    result = review({"a.yaml": "bad 1\n"}, {"a.yaml": "x\nbad 1\n"})
    assert result.outcome is Outcome.PASSED
    assert new(result) == []


def test_a_renamed_file_brings_nothing_new() -> None:
    result = review({"a.yaml": "bad 1\n"}, {"d/b.yaml": "bad 1\n"}, renames={"a.yaml": "d/b.yaml"})
    assert new(result) == []
    assert result.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"a.txt": "x\n"}, {"a.txt": "y\n"}),
        ({"a.yaml": "bad 1\n"}, {}),
        ({"a.yaml": "x\n"}, {"a.yaml": Link("/etc/passwd")}),
        ({"b.yaml": "bad 1\n"}, {"b.yaml": "bad 1\n", "c.txt": "x\n"}),
    ],
    ids=["nothing", "another kind", "only removed", "a link", "unchanged"],
)
def test_what_is_not_of_its_kind(before: Files, after: Files) -> None:
    stage = Stage()
    result = review(before, after, stage)
    assert result.outcome is Outcome.NOT_NEEDED
    assert result.reason == "no manifest in the change"
    assert stage.seen == []


def test_each_side_is_judged_by_its_own_names() -> None:
    stage = Stage()
    files = {"a.yaml": "x\n", "gone.yaml": "x\n", "same.yaml": "x\n"}
    after: Files = {"b.yaml": "x\n", "same.yaml": "x\n", "run.json": Program("x\n")}
    review(files, after, stage, renames={"a.yaml": "b.yaml"})
    assert {project.side: project.paths for project in stage.seen} == {
        Side.HEAD: ("b.yaml", "run.json"),
        Side.BASE: ("a.yaml", "gone.yaml"),
    }


def test_files_that_a_change_touches_are_judged_on_both_sides() -> None:
    files = {"a.yaml": "bad 1\n", "b.yaml": "bad 2\n"}
    stage = Stage()
    touched = lambda _reviewed: ["b.yaml"]  # noqa: E731
    result = review(files, {**files, "a.yaml": "x\n"}, stage, step={"touched": touched})
    assert new(result) == []
    assert [one.location.path for one in result.findings] == ["b.yaml"]
    assert [project.paths for project in stage.seen] == [("a.yaml", "b.yaml")] * 2


@pytest.mark.parametrize(
    ("profile", "path", "blocks", "severity"),
    [
        (Profile.DEFAULT, "new.yaml", Blocks.NEW, Severity.BLOCKING),
        (Profile.DEFAULT, "new.yaml", Blocks.ADDED, Severity.BLOCKING),
        (Profile.DEFAULT, "new.yaml", Blocks.NEVER, Severity.WARNING),
        (Profile.DEFAULT, "old.yaml", Blocks.NEW, Severity.BLOCKING),
        (Profile.DEFAULT, "old.yaml", Blocks.ADDED, Severity.WARNING),
        (Profile.DEFAULT, "vendor/new.yaml", Blocks.NEW, Severity.WARNING),
        (Profile.STRICT, "vendor/new.yaml", Blocks.NEVER, Severity.BLOCKING),
        (Profile.OBSERVE, "new.yaml", Blocks.NEW, Severity.BLOCKING),
    ],
)
def test_how_much_it_weighs(
    profile: Profile, path: str, blocks: Blocks, severity: Severity
) -> None:
    result = review(
        {"old.yaml": "x\n"},
        {"old.yaml": "x\n", path: "bad\n"},
        Stage(blocks=blocks),
        profile=profile,
    )
    assert [one.severity for one in result.findings] == [severity]
    failed = severity is Severity.BLOCKING
    assert result.outcome is (Outcome.FAILED if failed else Outcome.PASSED)


A_RULE = {
    "rule": (
        Weight(Does.OFF, ("off/",)),
        Weight(Does.INFO, ("info/",)),
        Weight(Does.ON, ("on/",)),
        Weight(Does.WARNING),
    )
}


@pytest.mark.parametrize(
    ("path", "profile", "severity"),
    [
        ("off/a.yaml", Profile.STRICT, None),
        ("info/a.yaml", Profile.STRICT, Severity.INFO),
        ("on/a.yaml", Profile.DEFAULT, Severity.BLOCKING),
        ("on/vendor/a.yaml", Profile.DEFAULT, Severity.WARNING),
        ("a.yaml", Profile.STRICT, Severity.WARNING),
    ],
)
def test_configuration_goes_over_the_profile(
    path: str, profile: Profile, severity: Severity | None
) -> None:
    result = review({}, {path: "bad\n"}, profile=profile, config=Config(rules=A_RULE))
    assert [one.severity for one in result.findings] == [severity] * (severity is not None)
    assert (result.outcome is Outcome.FAILED) == (severity is Severity.BLOCKING)


def test_what_warns_by_its_letter_may_be_made_to_block() -> None:
    config = Config(rules={"rule": (Weight(Does.BLOCKING),)})
    result = review({}, {"vendor/a.yaml": "bad\n"}, Stage(blocks=Blocks.NEVER), config=config)
    assert result.outcome is Outcome.FAILED


def test_what_is_off_is_not_counted_among_what_was_there() -> None:
    files = {"off/a.yaml": "bad\n", "a.yaml": "bad\n"}
    after = {path: text + "x\n" for path, text in files.items()}
    result = review(files, after, config=Config(rules=A_RULE))
    assert [(one.location.path, one.new) for one in result.findings] == [("a.yaml", False)]


def test_a_stage_that_is_off_is_not_run() -> None:
    stage = Stage()
    result = review({}, {"a.yaml": "bad\n"}, stage, config=Config(stages={"stage": False}))
    assert (result.outcome, result.reason) == (Outcome.NOT_NEEDED, "switched off by configuration")
    assert stage.seen == []


def test_what_is_excluded_is_not_judged() -> None:
    config = Config(exclude=("testdata/", "!testdata/keep.yaml"))
    after: Files = {
        "a.yaml": "bad 1\n",
        "testdata/b.yaml": "bad\n",
        "testdata/keep.yaml": "bad 2\n",
    }
    stage = Stage()
    result = review({}, after, stage, config=config)
    assert new(result) == [("a.yaml", 1), ("testdata/keep.yaml", 1)]
    assert result.notes[0] == "not judged, excluded by configuration: testdata/b.yaml"
    whole = review(after, after, all_new=True, config=config)
    assert new(whole) == new(result)
    only = review({}, {"testdata/b.yaml": "bad\n"}, config=config)
    assert only.outcome is Outcome.NOT_NEEDED
    assert only.notes == ("not judged, excluded by configuration: testdata/b.yaml",)


def test_the_settings_themselves_are_always_judged() -> None:
    step = Step(Stage(), "settings", any_files, always)
    after: Files = {SETTINGS: "bad\n"}
    reviewed = Reviewed(diff({}, after), Commit({}), Commit(after), frozenset)
    result = attempted(step, reviewed, Wishes(config=Config(exclude=("**",))))
    assert new(result) == [(SETTINGS, 1)]


def test_what_comes_out_of_what_is_excluded_was_never_judged() -> None:
    files = {"testdata/a.yaml": "bad 1\n"}
    moved = {"testdata/a.yaml": "a.yaml"}
    config = Config(exclude=("testdata/",))
    result = review(files, {"a.yaml": "bad 1\n"}, renames=moved, config=config)
    assert new(result) == [("a.yaml", 1)]


def test_a_stage_failed_if_it_found_what_blocks_in_this_repository() -> None:
    warns = Stage(blocks=Blocks.NEVER)
    assert review({}, {"a.yaml": "bad\n"}, warns).outcome is Outcome.PASSED
    strict = review({}, {"a.yaml": "bad\n"}, warns, block_on=Severity.WARNING)
    assert strict.outcome is Outcome.FAILED


def test_what_attributes_at_base_name_is_not_judged() -> None:
    after: dict[str, Content] = {"a.yaml": "bad 1\n", **{f"g{n}.yaml": "bad\n" for n in range(7)}}
    result = review({}, after, marked=[f"g{n}.yaml" for n in range(7)])
    assert new(result) == [("a.yaml", 1)]
    named = "g0.yaml, g1.yaml, g2.yaml, g3.yaml, g4.yaml and 2 more"
    assert result.notes[0] == f"not judged, vendored or generated by .gitattributes: {named}"
    only = review({}, {"a.yaml": "bad 1\n"}, marked=["a.yaml"])
    assert only.outcome is Outcome.NOT_NEEDED
    assert only.notes == ("not judged, vendored or generated by .gitattributes: a.yaml",)


def test_everything_is_new_where_that_is_asked() -> None:
    files = {"a.yaml": "bad 1\n", "b.yaml": "bad 2\n", "c.txt": "bad 3\n"}
    stage = Stage(blocks=Blocks.ADDED)
    result = review(files, files, stage, all_new=True)
    assert new(result) == [("a.yaml", 1), ("b.yaml", 1)]
    assert result.outcome is Outcome.FAILED
    assert [project.side for project in stage.seen] == [Side.HEAD]


def test_a_stage_that_runs_a_program_can_be_switched_off() -> None:
    stage = Stage()
    after = {"a.yaml": "bad\n"}
    result = review({}, after, stage, tools=False, step={"tool": True})
    assert result.outcome is Outcome.NOT_NEEDED
    assert result.reason == "switched off: it runs an external program"
    assert review({}, after, stage, tools=False).outcome is Outcome.FAILED
    assert len(stage.seen) == 1


def test_a_file_too_large_leaves_the_others_judged() -> None:
    result = review({}, {"large.yaml": LARGE, "a.yaml": "bad\n", "data.json": LARGE})
    assert result.outcome is Outcome.UNCHECKED
    assert result.reason == "too large to be judged: large.yaml (1,048,577 bytes)"
    assert not result.existing
    assert new(result) == [("a.yaml", 1)]


def test_large_files_of_another_kind_are_left_out_without_a_word() -> None:
    assert review({}, {"a.json": "x", "data.json": LARGE}).outcome is Outcome.PASSED
    told = '{"apiVersion": "v1", "kind": "List"}' + LARGE
    assert review({}, {"a.json": "x", "list.json": told}).outcome is Outcome.UNCHECKED
    assert review({}, {"list.json": told}).outcome is Outcome.UNCHECKED
    assert review({}, {"data.json": LARGE}).outcome is Outcome.NOT_NEEDED


def test_a_file_that_was_too_large_before_is_existing() -> None:
    before, after = {"a.yaml": LARGE}, {"a.yaml": LARGE + "x", "b.yaml": "bad\n"}
    result = review(before, after)
    assert result.outcome is Outcome.UNCHECKED
    assert result.existing
    assert new(result) == [("b.yaml", 1)]
    assert not review(before, {**after, "c.yaml": LARGE}).existing
    assert review(before, {"d.yaml": LARGE + "x"}, renames={"a.yaml": "d.yaml"}).existing


THEIRS, OURS = Unchecked("unreadable", theirs=True), Unchecked("no tool")


@pytest.mark.parametrize(
    ("head", "base", "outcome", "existing"),
    [
        (THEIRS, THEIRS, Outcome.UNCHECKED, True),
        (THEIRS, None, Outcome.UNCHECKED, False),
        (THEIRS, OURS, Outcome.UNCHECKED, False),
        (OURS, THEIRS, Outcome.UNCHECKED, False),
        (OURS, OURS, Outcome.UNCHECKED, False),
        (None, OURS, Outcome.UNCHECKED, False),
        (None, THEIRS, Outcome.FAILED, False),
    ],
)
def test_what_could_not_be_checked(
    head: Unchecked | None, base: Unchecked | None, outcome: Outcome, existing: bool
) -> None:
    faults = {Side.HEAD: head, Side.BASE: base}
    stage = Stage(faults={side: why for side, why in faults.items() if why is not None})
    result = review({"a.yaml": "x\n"}, {"a.yaml": "bad\n"}, stage)
    assert (result.outcome, result.existing) == (outcome, existing)
    assert result.reason == (str(head or base) if outcome is Outcome.UNCHECKED else "")


@pytest.mark.parametrize(
    ("wants", "paths"),
    [
        (manifests, {"a.yaml", "d/b.YML", "c.json", "run.yaml", "package.json"}),
        (dockerfiles, {"Dockerfile", "d/web.Dockerfile"}),
        (
            any_files,
            {
                "link.yaml",
                "module",
                "a.yaml",
                "d/b.YML",
                "run.yaml",
                "Dockerfile",
                "d/web.Dockerfile",
            },
        ),
    ],
)
def test_what_each_stage_wants(wants: Callable[[str, object], bool], paths: set[str]) -> None:
    files: dict[str, Content] = dict.fromkeys(
        ("a.yaml", "d/b.YML", "c.json", "Dockerfile", "d/web.Dockerfile", "x", "package.json"), "x"
    )
    files |= {"link.yaml": Link("a.yaml"), "run.yaml": Program("x")}
    entries = {**Commit(files).entries()}
    entries["module"] = entries["link.yaml"].__class__("160000", Submodule("1" * 40).sha)
    assert {path for path, one in entries.items() if wants(path, one)} == paths
    assert always("Dockerfile", b"")
