"""``python -m tests.demo``: a change breaks things, is reviewed, fixed, and asked about again.

The forge and Redline run as processes of their own, with signed webhooks between them.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tests.demo.files import BASE, CHANGE, FIX
from tests.demo.forge import Forge, running
from tests.demo.page import write
from tests.demo.show import show
from tests.line.server import SECRET, Redline, eventually

PAGE = Path("build/demo/index.html")
REPOSITORY = "shop/platform"
ADA = "ada"


def main() -> None:
    """Run the story; its conversation goes to the terminal and to a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forge", choices=["github"], default="github")
    parser.parse_args()
    console = Console(soft_wrap=True)
    started = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="redline-demo-")))
        forge = stack.enter_context(running(folder / "forge"))
        redline = stack.enter_context(Redline(folder / "state", forge.settings))
        forge.act("hook", url=redline.hook, secret=SECRET)
        stages = story(forge, console)
        violations = forge.act("violations")
        assert not violations, violations
    write(PAGE, stages)
    console.print(f"\nThe same as a page: {PAGE}   ({time.monotonic() - started:.1f} s)")


def story(forge: Forge, console: Console) -> list[dict[str, object]]:
    """The conversation after each act: what people did, and the pull request as it then was."""
    moments: list[dict[str, object]] = []

    def moment(did: str) -> None:
        conversation = forge.conversation(REPOSITORY, number)
        moments.append({"did": did, **conversation})
        show(did, conversation, console)

    forge.act("repository", name=REPOSITORY, files=BASE)
    forge.act("push", repository=REPOSITORY, branch="worker", files=CHANGE, by=ADA)
    pull = forge.act(
        "open_pull", repository=REPOSITORY, head="worker", title="Add an order worker", by=ADA
    )
    number = pull["number"]
    forge.reviewed(REPOSITORY, number)
    moment("ada opens a pull request that adds a worker and changes two services")
    forge.act("push", repository=REPOSITORY, pull=number, files=FIX, message="Fix the findings")
    forge.reviewed(REPOSITORY, number)
    moment("ada pushes a commit that fixes the findings")
    comment = forge.act("comment", repository=REPOSITORY, pull=number, login=ADA, text="/recheck")
    eventually(lambda: forge.answered(REPOSITORY, number, comment), "the command is answered")
    eventually(lambda: forge.runs(REPOSITORY, number) > 1, "the review runs again")
    forge.reviewed(REPOSITORY, number)
    moment("ada says /recheck")
    return moments


if __name__ == "__main__":
    main()
