"""The fake as a process: prints where it is, and serves until it is told to stop."""

import argparse
import json
import signal
import threading
from pathlib import Path

from tests.fakes.github.fake import FakeGitHub


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.fakes.github", description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--state", type=Path, help="folder for the repositories; else temporary")
    asked.add_argument("--app-key", type=Path, help="where to write the App's private key (PEM)")
    asked.add_argument("--owner", default="org", help="the account that the App is installed on")
    asked.add_argument("--login", default="redline-bot", help="whose plain token is printed")
    asked.add_argument("--resolves", action="store_true", help="grant contents: write")
    asked.add_argument("--prefix", default="", help="such as /api/v3")
    options = asked.parse_args()
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    with FakeGitHub(options.state, port=options.port, prefix=options.prefix) as fake:
        app = fake.app(owner=options.owner)
        if options.resolves:
            app.grant(contents="write")
        if options.app_key:
            options.app_key.touch(mode=0o600)
            options.app_key.write_text(app.private_key)
        told = {
            "url": fake.url,
            "api": fake.api,
            "app": {"id": app.id, "login": app.login, "installation": app.installation.id},
            "token": fake.token(options.login),
        }
        print(json.dumps(told), flush=True)
        over.wait()


if __name__ == "__main__":
    main()
