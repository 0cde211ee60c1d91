"""``python -m tests.demo``: a change breaks things, is reviewed, fixed, and asked about again.

The forge and Redline run as processes of their own, with signed webhooks between them.
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tests.demo.files import BASE, CHANGE, FIX
from tests.demo.forge import WORDS, Forge, running
from tests.demo.moment import Moment, Row, moment
from tests.demo.page import write
from tests.demo.show import show
from tests.line.server import Redline, eventually

PAGE = Path("build/demo/index.html")
REPOSITORY = "shop/platform"
ADA = "ada"


def main() -> None:
    """Run the story; its conversation goes to the terminal and to a page."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--forge", choices=sorted(WORDS), default="github")
    name = parser.parse_args().forge
    console = Console(width=None if sys.stdout.isatty() else 100)
    started = time.monotonic()
    console.print("Starting a forge and `redline serve` ...", style="dim", highlight=False)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="redline-demo-")))
        forge = stack.enter_context(running(folder / "forge", name))
        redline = Redline(folder / "state", forge.settings)
        stack.callback(redline.stop)
        with ThreadPoolExecutor(1) as pool:
            ready = pool.submit(redline.start)
            prepare(forge, redline.url)
            ready.result()
        Story(forge, redline.log, console).tell()
        console.print(f"\nThe same as a page: {PAGE}", highlight=False)
    console.print(f"{time.monotonic() - started:.1f} s", style="dim", highlight=False)


def prepare(forge: Forge, redline: str) -> None:
    """The repository as it was, and ada's branch."""
    forge.hook(redline)
    forge.act("repository", name=REPOSITORY, files=BASE)
    forge.act("push", repository=REPOSITORY, branch="worker", files=CHANGE, by=ADA)


class Story:
    """What people do, one after the other, and what the forge shows after each."""

    def __init__(self, forge: Forge, log: Path, console: Console) -> None:
        self._forge, self._log, self._console = forge, log, console
        self._last: Row | None = None
        self._moments: list[Moment] = []

    def tell(self) -> None:
        """The whole story. Ends the program where Redline says anything else than it should."""
        forge = self._forge
        words = forge.words
        number = forge.open(
            repository=REPOSITORY, head="worker", title="Add an order worker", by=ADA
        )
        self._review(number, words.failed, "Blocks merge: ")
        self._show(
            f"ada opens a {words.change} that adds a worker and changes two services", number
        )
        forge.on("push", REPOSITORY, number, files=FIX, message="Fix the findings")
        self._review(number, "success", "0 blocking")
        self._show("ada pushes a commit that fixes the findings", number)
        asked = forge.on("comment", REPOSITORY, number, login=ADA, text="/recheck")
        eventually(lambda: forge.answered(REPOSITORY, number, asked), "the command is answered")
        eventually(lambda: forge.runs(REPOSITORY, number) > 1, "the review runs again")
        self._review(number, "success", "0 blocking")
        self._show("ada says /recheck", number)
        violations = forge.act("violations")
        assert not violations, violations

    def _review(self, number: int, conclusion: str, title: str) -> None:
        ended = self._forge.reviewed(REPOSITORY, number)
        if ended["conclusion"] != conclusion or not ended["title"].startswith(title):
            log = "".join(self._log.read_text().splitlines(keepends=True)[-40:])
            sys.exit(f"{log}\nRedline should have said {conclusion}, but says: {ended['title']}")

    def _show(self, did: str, number: int) -> None:
        now = self._forge.conversation(REPOSITORY, number)
        self._moments.append(moment(did, now, self._last))
        self._last = now
        show(self._moments[-1], self._console)
        write(PAGE, {**now, "sign": self._forge.words.sign}, self._moments)


if __name__ == "__main__":
    main()
