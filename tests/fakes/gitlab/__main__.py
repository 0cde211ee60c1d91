"""The fake as a process: prints where it is, and serves until it is told to stop."""

import argparse
import json
import signal
import threading
from pathlib import Path

from tests.fakes.gitlab.fake import FakeGitLab


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.fakes.gitlab", description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--state", type=Path, help="folder for the repositories; else temporary")
    asked.add_argument("--login", default="redline", help="the bot whose token is printed")
    asked.add_argument("--group", default="", help="a group that the bot is a Developer of")
    asked.add_argument("--prefix", default="", help="such as /gitlab")
    options = asked.parse_args()
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    with FakeGitLab(options.state, port=options.port, prefix=options.prefix) as fake:
        token = fake.token(options.login, bot=True)
        if options.group:
            fake.group(options.group, {options.login: "developer"})
        told = {"url": fake.url, "api": fake.api, "login": options.login, "token": token}
        print(json.dumps(told), flush=True)
        over.wait()


if __name__ == "__main__":
    main()
