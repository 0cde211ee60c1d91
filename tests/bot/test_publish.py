"""What stands at the forge after pushes, kills, faults and people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.change import AnchorKind, ChangedFile, Diff, FileStatus
from bot.forges.base import Denied, Refused, Unsure
from bot.formats.json import render
from bot.markdown import wanted
from bot.marks import read as marked
from bot.publish import Past, Timing, publish, then
from bot.review import Pardon, PardonKind, Review, StageResult
from bot.told import Told, read
from rules.finding import Family, Finding, Severity, Suggestion, folder
from tests.bot.given import (
    HEAD,
    ID,
    NEXT,
    added,
    changed_file,
    finding,
    result,
    review,
    unchecked,
    warning,
)
from tests.fakes.conversation import Clock, FakeConversation, FakeGuard, Fault, Killed, Thread

KEY = b"k" * 32
FILES = ("apps/web.yaml", "apps/api.yaml", "Dockerfile")


@dataclass
class Story:
    """One change, its conversation, and the runs over it."""

    files: tuple[ChangedFile, ...] = tuple(added(path) for path in FILES)
    clock: Clock = field(default_factory=Clock)
    settle: float = 6.0
    last: Told | None = None

    def __post_init__(self) -> None:
        self.talk = FakeConversation(ID, KEY, Diff(self.files), self.clock)
        self.guard = FakeGuard(self.clock)

    def run(
        self, judged: Review, renames: Mapping[str, str] | None = None, begun: int | None = None
    ) -> list[str]:
        """Publish; the writes that it took."""
        before = len(self.talk.log)
        want = wanted(judged, self.talk.diff, KEY, begun=begun)
        timing = Timing(self.settle, self.clock.sleep)
        past = Past(lambda _run: renames or {}, then(judged.findings, self.last))
        publish(self.talk, want, self.guard, past, timing)
        self.last = read(render(judged, self.talk.diff, "0").encode())
        return self.talk.log[before:]

    def found(self, *findings: Finding, head: str = HEAD) -> list[str]:
        return self.run(review(result(*findings), head=head))

    @property
    def thread(self) -> Thread:
        (only,) = self.talk.open()
        return only

    @property
    def summary(self) -> str:
        (only,) = self.talk.summaries
        return only.body


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_clean_change_hears_nothing(story: Story) -> None:
    assert story.found() == []


def test_findings_are_one_review_and_one_summary(story: Story) -> None:
    other = finding("floating-image", line=20, family=None, message="Image `nginx` has no tag.")
    assert story.found(finding(), other, warning()) == ["post"]
    assert [each.anchor.line for each in story.talk.open()] == [12, 20]
    assert "Packages are installed" in story.summary
    assert story.talk.notified == story.guard.paced == 1


def test_a_push_that_changes_nothing_writes_nothing(story: Story) -> None:
    story.found(finding(), warning())
    assert story.found(finding(), warning(), head=NEXT) == []


def test_lines_inserted_above_write_nothing(story: Story) -> None:
    story.found(finding(line=12), finding(line=30, name="side"))
    assert story.found(finding(line=32), finding(line=50, name="side"), head=NEXT) == []


def test_a_suggestion_stays_only_where_the_comment_stands(story: Story) -> None:
    offered = Suggestion(12, 12, "      tty: false")
    bad = replace(finding(), suggestion=offered)
    story.found(bad)
    assert "```suggestion\n      tty: false\n```" in story.thread.body
    graver = replace(bad, message="Container `web` does run as root.")
    assert story.found(graver, head=NEXT) == ["edit", "edit"]
    assert "```suggestion" in story.thread.body
    moved = replace(graver, suggestion=replace(offered, first=13, last=13))
    assert story.found(moved, head=HEAD) == ["edit"]
    assert "suggestion" not in story.thread.body
    assert story.found(moved, head=NEXT) == []
    assert story.found(graver, head=HEAD) == []


def test_what_is_fixed_cannot_be_committed_any_more(story: Story) -> None:
    story.found(replace(finding(), suggestion=Suggestion(12, 12, "      tty: false")))
    thread = story.thread
    story.found(head=NEXT)
    assert "tty: false" in thread.body
    assert "suggestion" not in thread.body


def test_a_fixed_finding_is_said_to_be_fixed_and_resolved(story: Story) -> None:
    story.found(finding())
    thread = story.thread
    assert story.found(head=NEXT) == ["resolve", "edit", "edit"]
    assert thread.body.startswith("**Fixed in d4e5f60.**\n\n<details>")
    assert thread.resolver is not None
    assert "nothing to report since d4e5f60" in story.summary
    assert story.found(head=NEXT) == []


def test_of_two_in_a_thread_one_is_fixed(story: Story) -> None:
    story.found(finding(name="web"), finding(name="side", line=30))
    assert "`side`" in story.thread.body
    assert story.found(finding(name="web"), head=NEXT) == ["edit", "edit"]
    assert "`side`" not in story.thread.body
    assert story.thread.resolver is None


def test_of_two_destroyed_each_has_its_thread_and_one_is_fixed(story: Story) -> None:
    one = finding("destroyed-resource", name="one", family=Family.DESTRUCTION)
    two = finding("destroyed-resource", name="two", line=30, family=Family.DESTRUCTION)
    story.found(one, two)
    assert len(story.talk.open()) == 2
    story.found(two, head=NEXT)
    assert "`two`" in story.thread.body


def test_what_fires_again_after_a_fix_gets_a_new_thread(story: Story) -> None:
    story.found(finding())
    story.found(head=NEXT)
    story.clock.sleep(60)
    assert story.found(finding(), head="e" * 40) == ["edit", "post"]
    assert len(story.talk.inline) == 2
    assert len(story.talk.open()) == 1


def test_a_renamed_file_keeps_its_thread(story: Story) -> None:
    story.found(finding())
    moved = changed_file(FileStatus.RENAMED, "apps/site.yaml", "apps/web.yaml")
    story.talk.diff = Diff((moved,))
    writes = story.run(
        review(result(finding(path="apps/site.yaml")), head=NEXT),
        {"apps/web.yaml": "apps/site.yaml"},
    )
    assert "post" not in writes
    assert "resolve" not in writes
    assert len(story.talk.open()) == 1


def test_a_renamed_file_keeps_the_thread_of_a_single_finding(story: Story) -> None:
    story.talk.diff = Diff((added("web/a.tf"),))
    story.found(opened("web"))
    moved = changed_file(FileStatus.RENAMED, "site/a.tf", "web/a.tf")
    story.talk.diff = Diff((moved,))
    writes = story.run(review(result(opened("site")), head=NEXT), {"web/a.tf": "site/a.tf"})
    assert "post" not in writes
    assert "resolve" not in writes
    assert len(story.talk.open()) == 1


def test_a_file_is_followed_from_push_to_push(story: Story) -> None:
    """Git may see both renames, and not that the last name is the first one's."""
    story.found(finding())
    for old, new, head in (("web", "site", NEXT), ("site", "page", "e" * 40)):
        moved = changed_file(FileStatus.RENAMED, f"apps/{new}.yaml", f"apps/{old}.yaml")
        story.talk.diff = Diff((moved,))
        judged = review(result(finding(path=f"apps/{new}.yaml")), head=head)
        story.run(judged, {f"apps/{old}.yaml": f"apps/{new}.yaml"})
    assert len(story.talk.inline) == 1
    assert story.thread.resolver is None


def placed(name: str, path: str, rule: str = "root-container") -> Finding:
    """A finding of an object, as it is called wherever its object is."""
    return finding(rule, path, name=name, address=f"Pod//{name}", project=folder(path))


def at(story: Story, *paths: str) -> None:
    story.talk.diff = Diff(tuple(added(path) for path in paths))


def test_an_object_that_leaves_its_file_keeps_its_thread(story: Story) -> None:
    for number, path in enumerate(("apps/web.yaml", "apps/site.yaml", "web/a.yaml", "b.yaml")):
        at(story, path)
        writes = story.found(placed("web", path), head=str(number) * 40)
        assert ("post" in writes) is (number == 0)
    assert story.thread.resolver is None
    assert story.thread.body.startswith("**Blocking:** Container `web`")
    at(story, "b.yaml")
    assert "resolve" in story.found(head="f" * 40)
    assert story.talk.open() == []


def test_a_file_that_is_split_begins_no_thread(story: Story) -> None:
    at(story, "all.yaml")
    story.found(placed("web", "all.yaml"), placed("api", "all.yaml"), placed("db", "all.yaml"))
    at(story, "a/web.yaml", "a/api.yaml", "b/db.yaml")
    parts = (placed("web", "a/w.yaml"), placed("api", "a/w.yaml"), placed("db", "b/db.yaml"))
    at(story, "a/w.yaml", "b/db.yaml")
    assert "post" not in story.found(*parts, head=NEXT)
    assert "2 times in this file" in story.thread.body
    assert "Container `db`" in story.summary
    assert story.found(*parts, head="e" * 40) == []
    # What only now is found there is told all the same.
    worse = placed("db", "b/db.yaml", "privileged-container")
    assert "post" in story.found(*parts, worse, head="f" * 40)


def test_what_stays_keeps_the_thread_of_its_file(story: Story) -> None:
    at(story, "all.yaml")
    story.found(placed("web", "all.yaml"), placed("api", "all.yaml"), placed("db", "all.yaml"))
    at(story, "all.yaml", "b/all.yaml")
    left = (placed("web", "all.yaml"), placed("api", "b/all.yaml"), placed("db", "b/all.yaml"))
    assert "post" not in story.found(*left, head=NEXT)
    assert "Container `web`" in story.thread.body


def test_files_that_are_merged_have_one_thread(story: Story) -> None:
    at(story, "a/web.yaml", "b/api.yaml")
    story.found(placed("web", "a/web.yaml"), placed("api", "b/api.yaml"))
    assert len(story.talk.open()) == 2
    at(story, "all.yaml")
    both = (placed("web", "all.yaml"), placed("api", "all.yaml"))
    assert "post" not in story.found(*both, head=NEXT)
    assert "2 times in this file" in story.thread.body
    (over,) = [each for each in story.talk.inline if each not in story.talk.open()]
    assert over.body.startswith("**Moved to another file: the comment there says this.**")


def test_one_that_comes_to_a_file_with_a_thread_joins_it(story: Story) -> None:
    at(story, "a/web.yaml", "b/api.yaml")
    story.found(placed("web", "a/web.yaml"), placed("api", "b/api.yaml"))
    own = next(each for each in story.talk.open() if "`api`" in each.body)
    at(story, "b/api.yaml")
    story.found(placed("web", "b/api.yaml"), placed("api", "b/api.yaml"), head=NEXT)
    assert story.thread is own


def test_a_copy_is_told_and_one_that_moved_besides_too(story: Story) -> None:
    at(story, "dev/web.yaml")
    story.found(placed("web", "dev/web.yaml"))
    at(story, "dev/web.yaml", "prod/web.yaml")
    copies = [placed("web", "dev/web.yaml"), placed("web", "prod/web.yaml")]
    assert "post" in story.found(*copies, head=NEXT)
    assert len(story.talk.open()) == 2


def test_which_of_two_has_moved_nobody_knows(story: Story) -> None:
    at(story, "dev/web.yaml")
    story.found(placed("web", "dev/web.yaml"))
    at(story, "a/web.yaml", "b/web.yaml")
    both = [placed("web", "a/web.yaml"), placed("web", "b/web.yaml")]
    assert "post" in story.found(*both, head=NEXT)
    assert len(story.talk.open()) == 2


def test_a_thread_of_one_finding_follows_its_object(story: Story) -> None:
    at(story, "a/net.yaml")

    def port(path: str) -> Finding:
        return replace(placed("web", path, "opened-port"), family=Family.NETWORK)

    story.found(port("a/net.yaml"))
    at(story, "b/net.yaml")
    assert "post" not in story.found(port("b/net.yaml"), head=NEXT)
    assert story.thread.resolver is None


SPOTS = st.dictionaries(
    st.sampled_from(["web", "api", "db", "job", "cron"]),
    st.sampled_from(["a.yaml", "x/a.yaml", "x/b.yaml", "y/c.yaml"]),
    min_size=1,
)


@settings(max_examples=80, deadline=None)
@given(SPOTS, st.lists(SPOTS, min_size=1, max_size=4))
def test_whatever_moves_nothing_is_told_again(
    first: Mapping[str, str], later: Sequence[Mapping[str, str]]
) -> None:
    """Each push moves objects between files; who is new is told, and nobody else."""
    story = Story()
    spots = dict(first)
    for number, moved in enumerate([{}, *later], 1):
        fresh = moved.keys() - spots.keys() if number > 1 else spots.keys()
        spots |= moved
        story.clock.sleep(60)
        at(story, *sorted(set(spots.values())))
        found = [placed(name, path) for name, path in spots.items()]
        writes = story.found(*found, head=f"{number:x}" * 40)
        assert "post" not in writes or fresh
        assert len(story.talk.summaries) == 1
        assert all(f"Container `{name}`" in story.summary for name in spots)
        marks = [marked(each.body, ID, KEY) for each in story.talk.open()]
        assert None not in marks
        assert len({mark.subject for mark in marks if mark}) == len(marks)


def opened(folder: str) -> Finding:
    path = f"{folder}/a.tf"
    return finding("opened-port", path, address=path, project=folder, family=Family.NETWORK)


def test_a_person_answered_so_the_fix_is_one_reply(story: Story) -> None:
    story.found(finding())
    thread = story.thread
    story.talk.person_replies(thread)
    before = thread.body
    assert story.found(head=NEXT) == ["reply", "edit"]
    assert story.found(head="e" * 40) == []
    assert thread.body == before
    assert thread.resolver is None
    assert [note.body.partition("\n")[0] for note in thread.notes[1:]] == [
        "why?",
        "Fixed in d4e5f60.",
    ]


def test_a_person_resolved_what_still_fires(story: Story) -> None:
    story.found(finding())
    story.talk.person_resolves(story.thread, "bob")
    assert story.found(finding(), head=NEXT) == ["edit"]
    assert story.thread.resolver == "bob"
    assert "(resolved by `@bob`, still present)" in story.summary
    assert story.found(finding(), head="e" * 40) == []


def test_ten_threads_a_push_and_the_rest_stay_rows(story: Story) -> None:
    many = [finding(f"rule-{number:02}") for number in range(14)]
    story.found(*many)
    assert len(story.talk.open()) == 10
    assert "rule-13" not in "".join(thread.body for thread in story.talk.open())
    assert story.found(*many) == []
    assert story.found(*many, head=NEXT) == []
    later = finding("rule-99", line=40)
    assert story.found(*many, later, head="e" * 40) == ["edit", "post"]
    assert "rule-99" in story.talk.open()[-1].body
    assert story.found(*many, later) == []


def test_the_gravest_get_the_threads(story: Story) -> None:
    lesser = [
        finding(f"rule-{number:02}", severity=Severity.WARNING, line=1) for number in range(10)
    ]
    grave = finding("blocking-rule", "Dockerfile", 90, family=None)
    destroyed = finding(
        "gone", "Dockerfile", 91, family=Family.DESTRUCTION, severity=Severity.WARNING
    )
    story.found(*lesser, grave, destroyed)
    said = "".join(thread.body for thread in story.talk.open())
    assert "blocking-rule" in said
    assert "`gone`" in said
    assert "rule-08" not in said


def test_what_people_let_pass_says_so_and_begins_no_thread(story: Story) -> None:
    """A thread that stands says it too; where nothing was said yet the row is enough."""
    other = finding("floating-image", line=20, family=None, message="Image `nginx` has no tag.")
    story.found(finding())
    results = (result(finding(), other),)
    exceptions = {
        each.identity: Pardon(PardonKind.ALLOW, "mia", "known, see *wiki*", "2026-12-31")
        for each in (finding(), other)
    }
    judged = replace(review(*results), exceptions=exceptions)
    assert story.run(judged) == ["resolve", "edit", "edit"]
    said = "(allowed by `@mia` until 2026-12-31: known, see `*wiki*`)"
    assert said in story.thread.body
    assert story.summary.count(said) == 2
    assert story.run(judged) == []
    lapsed = replace(judged, exceptions={})
    assert story.run(lapsed) == ["reopen", "edit", "edit", "post"]
    assert len(story.talk.open()) == 2


def test_what_a_late_stage_adds_stays_a_row_unless_it_blocks(story: Story) -> None:
    """And is told of by no later push either."""
    late = replace(finding("host-network", line=20), severity=Severity.WARNING)
    grave = finding("privileged-container", line=30)
    story.found(finding())
    both = review(result(finding()), result(late, grave, stage="late"))
    story.run(both, begun=1)
    assert sorted(each.anchor.line for each in story.talk.open()) == [12, 30]
    assert "`host-network`" not in "".join(each.body for each in story.talk.open())
    assert story.run(both) == []


def test_an_unchecked_stage_fixes_nothing(story: Story) -> None:
    story.found(finding())
    lost = unchecked("kubernetes-rules", "the stage crashed")
    story.run(review(lost, head=NEXT))
    assert story.thread.resolver is None
    assert "kubernetes rules: the stage crashed" in story.summary
    other = unchecked("hadolint")
    story.run(review(result(), other, head=NEXT))
    assert story.talk.open() == []


def test_a_file_that_nobody_can_read_fixes_nothing(story: Story) -> None:
    story.found(finding(), finding(path="apps/api.yaml", name="api"))
    broken = finding("unreadable-file", path="apps/web.yaml", family=None)
    story.found(broken, head=NEXT)
    assert [each.anchor.path for each in story.talk.open()] == ["apps/web.yaml"] * 2
    story.found(head="e" * 40)
    assert story.talk.open() == []


def test_a_file_that_nobody_can_read_fixes_nothing_of_another_name(story: Story) -> None:
    story.found(finding())
    story.talk.diff = Diff((changed_file(FileStatus.RENAMED, "apps/b.yaml", "apps/web.yaml"),))
    broken = finding("unreadable-file", path="apps/b.yaml", family=None)
    renames = {"apps/web.yaml": "apps/b.yaml"}
    story.run(review(result(broken), head=NEXT), renames)
    assert "Fixed" not in "".join(each.body for each in story.talk.inline)


def test_a_file_that_is_rendered_now_is_not_called_fixed(story: Story) -> None:
    story.found(finding())
    later = replace(result(), later=frozenset(("apps/web.yaml",)))
    story.run(review(later, head=NEXT))
    assert story.talk.open() == []
    assert story.talk.inline[0].body.startswith("**Not judged here any more, as of d4e5f60")


def test_what_only_warns_now_is_not_called_fixed(story: Story) -> None:
    story.found(finding("floating-image", family=None))
    less = finding("floating-image", family=None, severity=Severity.WARNING)
    assert story.found(less, head=NEXT) == ["edit", "edit"]
    assert story.thread.body.startswith("**Warning:**")


def test_what_the_target_branch_has_too_is_not_called_fixed(story: Story) -> None:
    story.found(finding())
    story.found(finding(new=False), head=NEXT)
    assert "Also on the target branch" in story.talk.inline[0].body


def test_a_draft_gets_no_comments(story: Story) -> None:
    draft = review(result(finding()), draft=True)
    assert story.run(draft) == []
    assert story.found(finding()) == ["post"]


def test_a_refused_line_costs_only_itself(story: Story) -> None:
    story.talk.refused = {("apps/api.yaml", AnchorKind.LINE)}
    story.found(finding(), finding(path="apps/api.yaml"), finding(path="Dockerfile"))
    kinds = {each.anchor.path: each.anchor.kind for each in story.talk.open()}
    assert kinds == {
        "apps/web.yaml": AnchorKind.LINE,
        "apps/api.yaml": AnchorKind.FILE,
        "Dockerfile": AnchorKind.LINE,
    }


def test_what_is_taken_of_a_review_is_not_posted_again(story: Story) -> None:
    """GitLab takes the others: only what it refused goes down the ladder."""
    story.talk.apart = True
    story.talk.refused = {("apps/api.yaml", AnchorKind.LINE)}
    log = story.found(*(finding(path=path) for path in FILES))
    assert log == ["post"] * 3  # the review, and the one on its line again, and on its file
    places = {thread.anchor.path: thread.anchor.kind for thread in story.talk.open()}
    assert places == {
        "apps/web.yaml": AnchorKind.LINE,
        "apps/api.yaml": AnchorKind.FILE,
        "Dockerfile": AnchorKind.LINE,
    }
    assert story.found(*(finding(path=path) for path in FILES)) == []


def test_a_file_that_is_refused_too_keeps_its_row(story: Story) -> None:
    story.talk.refused = {("apps/api.yaml", kind) for kind in AnchorKind}
    story.found(finding(), finding(path="apps/api.yaml", name="api"))
    assert story.thread.anchor.path == "apps/web.yaml"
    assert "`api`" in story.summary


def test_a_summary_that_is_refused_is_no_reason_to_stop(story: Story) -> None:
    story.talk.refused = {("", AnchorKind.SUMMARY)}
    story.found(finding())
    assert story.thread.anchor.path == "apps/web.yaml"
    assert story.talk.summaries == []


def test_a_comment_that_someone_deletes_meanwhile_is_no_reason_to_stop(story: Story) -> None:
    story.found(finding(), finding(path="Dockerfile"))
    story.talk.faults = {len(story.talk.log) + 1: Fault(stored=False, error=Refused)}
    story.found(head=NEXT)
    assert story.talk.open() == []


def test_an_edit_that_never_gets_an_answer_is_given_up_and_found_again(story: Story) -> None:
    story.found(finding())
    next_write = len(story.talk.log) + 1
    unsure = Fault(stored=False)
    story.talk.faults = dict.fromkeys(range(next_write, next_write + 3), unsure)
    with pytest.raises(Unsure):
        story.found(head=NEXT)
    story.found(head=NEXT)
    assert story.talk.open() == []


def test_doubles_of_an_accident_are_ended_and_the_oldest_stays(story: Story) -> None:
    story.found(finding())
    first, summary = story.thread, story.talk.summaries[0]
    again = Story()
    again.found(finding())
    for copy in again.talk.threads:
        copy.id += "x"
        for note in copy.notes:
            note.id += "x"
        story.talk.threads.append(copy)
    story.found(finding())
    assert story.talk.open() == [first]
    assert "Said twice" in story.talk.summaries[1].body
    assert "Said twice" not in summary.body
    assert story.found(finding()) == []


@pytest.mark.parametrize("error", [RuntimeError("superseded"), Denied("no")])
def test_a_run_that_may_not_write_any_more_writes_nothing(story: Story, error: Exception) -> None:
    story.guard.refuses, story.guard.refuses_after = error, 0
    with pytest.raises(type(error)):
        story.found(finding())
    assert story.talk.log == []


def before_and_after() -> tuple[Review, Review]:
    """A first push, and one that fixes, keeps and adds, so that every kind of write happens."""
    kept, fixed, answered = finding(), finding(path="Dockerfile"), finding("named-user")
    first = review(result(kept, fixed, answered, finding(name="side", line=30)))
    second = review(result(kept, finding("new-rule", line=50)), head=NEXT)
    return first, second


def truth(story: Story) -> list[tuple[str, str | None, int]]:
    """What a reader sees, without ids and order: text, resolver, notes."""
    said = [
        (each.body.partition("<!--")[0], each.resolver, len(each.notes))
        for each in story.talk.threads
    ]
    return sorted(said, key=str)


def tell(story: Story, writes: int = 99, fault: Fault | None = None) -> bool:
    """Both pushes with a fault at one write, runs repeated as tasks are; whether it was reached."""
    first, second = before_and_after()
    if fault is not None:
        story.talk.faults = {writes: fault}
    _insist(story, first)
    for thread in story.talk.inline:
        if "named-user" in thread.body and len(thread.notes) == 1:
            story.talk.person_replies(thread)
    story.clock.sleep(30)
    _insist(story, second)
    return len(story.talk.log) >= writes


def _insist(story: Story, judged: Review) -> None:
    for _ in range(3):
        try:
            story.run(judged)
        except (Killed, Unsure):
            story.clock.sleep(1)
        else:
            return
    raise AssertionError("three runs were not enough")


@pytest.mark.parametrize("stale", [0.0, 5.0])
@pytest.mark.parametrize(
    "fault",
    [Fault(stored, error) for stored in (True, False) for error in (Killed, Unsure)],
    ids=["stored-killed", "stored-unsure", "killed", "unsure"],
)
def test_each_write_may_fail_and_nothing_is_lost_or_doubled(fault: Fault, stale: float) -> None:
    quiet = Story()
    tell(quiet)
    number = 1
    while True:
        story = Story()
        story.talk.stale = stale
        if not tell(story, number, fault):
            break
        assert truth(story) == truth(quiet), f"write {number}"
        number += 1
    assert number > 7


def test_unsure_at_every_write_of_a_run_is_given_up_and_found_again(story: Story) -> None:
    story.talk.faults = {number: Fault(stored=False) for number in range(1, 4)}
    with pytest.raises(Unsure):
        story.found(finding())
    story.found(finding())
    assert len(story.talk.open()) == len(story.talk.summaries) == 1


def test_a_recheck_within_the_staleness_of_listings_doubles_nothing(story: Story) -> None:
    story.talk.stale = 5.0
    story.found(finding())
    assert story.found(finding()) == []
    assert story.found(head=NEXT) == ["resolve", "edit", "edit"]
    assert story.found(finding()) == ["edit", "post"]
    assert len(story.talk.open()) == 1


def test_a_second_thread_about_what_was_once_fixed_is_not_doubled_either(story: Story) -> None:
    for head in (HEAD, NEXT):
        story.found(*[finding()] * (head == HEAD), head=head)
        story.clock.sleep(60)
    story.talk.stale = 5.0
    story.found(finding(), head="e" * 40)
    assert story.found(finding(), head="e" * 40) == []
    assert len(story.talk.open()) == 1


def test_a_fresh_listing_costs_no_wait(story: Story) -> None:
    story.found(finding())
    before = story.clock.now
    story.found(finding(), head=NEXT)
    assert story.clock.now - before < 1


def test_unlike_stages_keep_their_own_threads(story: Story) -> None:
    results: tuple[StageResult, ...] = (
        result(finding()),
        result(finding("root-image", "Dockerfile", 1), stage="dockerfile-rules"),
    )
    story.run(review(*results))
    story.run(review(results[0], unchecked("dockerfile-rules", "it crashed"), head=NEXT))
    assert len(story.talk.open()) == 2
