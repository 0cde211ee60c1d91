"""All that a review wants to stand at the forge. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.change import Anchor, AnchorKind, Diff, ForgeName
from bot.markdown import suggestion, summary, thread
from bot.markdown.links import Links
from bot.markdown.status import done
from bot.markdown.thread import Group, groups
from bot.marks import body_hash, sign
from bot.review import Comment, CommentKind, Mark, Outcome, Posted, Review, Status
from rules.files.unreadable_file import NAME as UNREADABLE

MOST_THREADS = 10  # new ones, a push


@dataclass(frozen=True, slots=True)
class Parting:
    """The end of a thread: the body that replaces its own, or the one reply below what people said.

    The body ends with the mark.
    """

    mark: Mark
    body: str
    reply: str


@dataclass(frozen=True)
class Wanted:
    """A review in words, before it is compared with what is posted.

    ``key`` signs the marks; ``url`` is the page of the change, ``""`` where there is none.
    ``begun``: how many threads this run has begun already, when the first stages ended; what a
    late stage adds is then a row, and a thread only where it blocks.
    """

    review: Review
    diff: Diff
    key: bytes
    url: str = ""
    begun: int | None = None

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """What could be said in threads, in the order in which they get one."""
        return groups(self.review)

    @cached_property
    def candidates(self) -> tuple[Group, ...]:
        """Those that are said in a thread if there is room: none while the change is a draft.

        What people let pass is told to nobody once more.
        """
        if self.review.change.draft:
            return ()
        worthy = [each for each in self.groups if each.worthy or self._blocks(each)]
        counted = (each for each in worthy if not self.passed(each))
        return tuple(each for each in counted if self.place(each).kind is not AnchorKind.SUMMARY)

    def passed(self, group: Group) -> bool:
        """Whether people let pass all that its thread speaks of."""
        return all(map(self.review.pardon, group.findings))

    def counts(self, identity: str) -> bool:
        """Whether nobody let this finding pass."""
        return identity in self._counted

    @cached_property
    def _counted(self) -> frozenset[str]:
        return frozenset(finding.identity for finding in self.review.counted)

    def let_pass(self, group: Group) -> str:
        """The one reply below what people said, where its findings do not count any more."""
        return thread.let_pass(filter(None, map(self.review.pardon, group.findings)))

    def may_begin(self, group: Group) -> bool:
        """Whether its thread may begin now: of what a late stage adds, only where it blocks."""
        return self.begun is None or self._blocks(group)

    def _blocks(self, group: Group) -> bool:
        return group.first.severity >= self.review.gate.block_on

    @property
    def room(self) -> int:
        """How many threads this push may still begin."""
        return max(0, MOST_THREADS - (self.begun or 0))

    @cached_property
    def threads(self) -> tuple[Comment, ...]:
        """The threads of a change that has none yet."""
        return tuple(self.thread(group) for group in self.candidates[:MOST_THREADS])

    @cached_property
    def status(self) -> Status:
        """The last word on the commit, with the whole summary for the check's page."""
        page = summary.Page(self.review, self._links, url=self.url, seconds=True)
        url = f"{self.url}/{self.review.change.head}" if self.url else ""
        return done(self.review, summary.body(page), url)

    def place(self, group: Group) -> Anchor:
        """Where its thread would stand."""
        return thread.place(group, self.diff, self.review.change.id.forge)

    def in_review(self, group: Group) -> bool:
        """Whether its thread can be part of a review: GitHub's takes lines only."""
        kind, forge = self.place(group).kind, self.review.change.id.forge
        return kind is AnchorKind.LINE or (kind is AnchorKind.FILE and forge is ForgeName.GITLAB)

    def mark(self, group: Group, posted: Posted | None = None) -> Mark:
        """Who its thread is, and a hash of what it says; ``posted`` is the one that stands."""
        first, there = group.first, self.place(group)
        offered = self._offered(group, there)
        said = thread.body(group, there, self._blind, self.review, offered=offered)
        return Mark(
            CommentKind.THREAD,
            rule=first.rule,
            path="" if group.alone else first.location.path,
            identity=first.identity if group.alone else "",
            run=self.review.change.head,
            body=body_hash(said),
            stage=group.stage,
            passed=posted is not None and self.passed(group) and not posted.resolver,
            again=posted is not None and self._again(group, posted),
        )

    def _again(self, group: Group, posted: Posted) -> bool:
        """Whether what it says was let pass for a while."""
        return not self.passed(group) and (posted.mark.passed or posted.mark.again)

    def thread(self, group: Group, anchor: Anchor | None = None) -> Comment:
        """Its thread, at the given place or at its own."""
        there = anchor or self.place(group)
        offered = self._offered(group, there)
        text = thread.body(group, there, self._links, self.review, offered=offered)
        return self._comment(self.mark(group), text, there)

    def again(self, group: Group, posted: Posted) -> Comment:
        """Its thread, for a comment that stands already: it suggests nothing for other lines."""
        offered = self._offered(group, posted.anchor)
        there, mark = self.place(group), self.mark(group, posted)
        text = thread.body(group, there, self._links, self.review, offered=offered)
        return self._comment(mark, f"{thread.AGAIN}\n\n{text}" if mark.again else text, there)

    def stale(self, group: Group, posted: Posted) -> bool:
        """Whether a comment that stands suggests lines that are others by now."""
        offers = suggestion.withdrawn(posted.body) != posted.body
        return offers and not self._offered(group, posted.anchor)

    def _offered(self, group: Group, stands: Anchor | None) -> bool:
        """Whether a comment that stands there can suggest its finding's lines."""
        if len(group.findings) > 1:
            return False
        forge = self.review.change.id.forge
        return suggestion.same(suggestion.spot(group.first, self.diff, forge), stands)

    def summary(
        self, *, posted: bool, resolved: Mapping[str, str] | None = None, left: Sequence[str] = ()
    ) -> Comment | None:
        """The summary comment; None where there is nothing to say and nothing has been said.

        Hints alone are told by the page and the annotations, where there is a page.

        ``resolved`` names who resolved the thread of a finding that is still there, by identity.
        ``left`` are the threads that this push had no room for, as publishing names them.
        """
        if not summary.needed(self.review):
            if not posted or self.review.running:
                return None
            return self._summary(summary.settled(self._blind), summary.settled(self._links), "")
        told = posted or not (self.review.change.draft or (self.url and summary.minor(self.review)))
        if not told:
            return None
        page = summary.Page(self.review, self._links, resolved or {}, self.url)
        blind = summary.body(replace(page, links=self._blind))
        return self._summary(blind, summary.body(page), "".join(left))

    def _summary(self, blind: str, text: str, left: str) -> Comment:
        run = self.review.change.head
        mark = Mark(CommentKind.SUMMARY, run=run, body=body_hash(blind), left=left)
        return self._comment(mark, text, Anchor(AnchorKind.SUMMARY))

    def retired(self, posted: Posted) -> Parting:
        """What is said of a thread whose finding is gone."""
        commit = self.review.change.head[:7]
        if self._subject(posted.mark) in self._existing:
            return self._parting(posted, thread.elsewhere(commit))
        if any(posted.mark.path in result.later for result in self.review.results):
            return self._parting(posted, thread.rendered(commit))
        return self._parting(posted, f"Fixed in {commit}.")

    def doubled(self, posted: Posted) -> Parting:
        """What is said of a comment that an accident made twice."""
        return self._parting(posted, thread.DOUBLED)

    def merged(self, posted: Posted) -> Parting:
        """What is said of a comment whose findings have gone to a file with its own."""
        return self._parting(posted, thread.MERGED)

    def _parting(self, posted: Posted, headline: str) -> Parting:
        mark = replace(posted.mark, run=self.review.change.head, fixed=True)
        signed = sign(mark, self.review.change.id, self.key)
        body = thread.over(f"**{headline}**", posted.body)
        return Parting(mark, f"{body}\n\n{signed}", headline)

    def judged(self, mark: Mark, path: str) -> bool:
        """Whether a finding's absence means anything: its stage ran, and its file could be read.

        ``path`` is the file's name now, empty where the mark does not tell its file.
        """
        if path in self._unread or (self._unread and not path):
            return False
        if self.review.running and mark.stage in (*self.review.running, ""):
            return False
        return not any(
            result.outcome is Outcome.UNCHECKED and mark.stage in (result.stage, "")
            for result in self.review.results
        )

    @cached_property
    def _unread(self) -> frozenset[str]:
        """Files that nobody could parse: what was found in them may still be there."""
        every = (finding for result in self.review.results for finding in result.findings)
        return frozenset(each.location.path for each in every if each.rule == UNREADABLE)

    @cached_property
    def _existing(self) -> frozenset[tuple[str, str]]:
        """Rule and path or identity of what the merge base has too."""
        every = (finding for result in self.review.results for finding in result.findings)
        old = [finding for finding in every if not finding.new]
        shared = {(finding.rule, finding.location.path) for finding in old}
        return frozenset(shared | {(finding.rule, finding.identity) for finding in old})

    def _subject(self, mark: Mark) -> tuple[str, str]:
        return (mark.rule, mark.identity or mark.path)

    @cached_property
    def _links(self) -> Links:
        return Links(self.review.change)

    @cached_property
    def _blind(self) -> Links:
        return Links(self.review.change, blind=True)

    def _comment(self, mark: Mark, text: str, anchor: Anchor) -> Comment:
        body = f"{text}\n\n{sign(mark, self.review.change.id, self.key)}"
        return Comment(mark, body, anchor)


def wanted(
    review: Review, diff: Diff, key: bytes, url: str = "", begun: int | None = None
) -> Wanted:
    """What the review wants to stand at the forge."""
    return Wanted(review, diff, key, url, begun)
