"""Headless Chromium, driven over a pipe: for what only a browser can tell of a page."""

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
_SECONDS = 60.0
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--hide-scrollbars", "--disable-background-networking", "--remote-debugging-pipe",
    "--force-color-profile=srgb", "--no-proxy-server",
)  # fmt: skip


@dataclass
class Tab:
    """One page. ``complaints`` is what the browser says against it: refused styles, errors."""

    browser: "Browser"
    session: str
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str, width: int, *, dark: bool = False, media: str = "screen") -> None:
        """Load an address in a window so many pixels wide."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 0.5, "mobile": width < 500}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme, still])
        for domain in ("Page", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)
        self.browser.wait(self.session, "Page.loadEventFired")

    def ask(self, expression: str) -> Any:
        """What a JavaScript expression is worth there, as JSON; promises are awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self, height: int) -> bytes:
        """The top of the page, so many pixels high, at half its size: a JPEG."""
        self.call("Page.bringToFront")
        width = self.ask("innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        kind = {"format": "jpeg", "quality": 60, "captureBeyondViewport": True}
        return base64.b64decode(self.call("Page.captureScreenshot", clip=clip, **kind)["data"])

    def call(self, method: str, **arguments: Any) -> Any:
        return self.browser.call(method, self.session, **arguments)


class Browser:
    """A Chromium of our own, with a profile in ``folder``."""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM is not None
        (theirs_in, self._out), (self._in, theirs_out) = os.pipe(), os.pipe()
        high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (theirs_in, theirs_out)]
        argv = [PROGRAM, *_FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        quiet = (os.POSIX_SPAWN_OPEN, 2, str(folder / "log"), os.O_WRONLY | os.O_CREAT, 0o600)
        passed = [(os.POSIX_SPAWN_DUP2, ours, number) for number, ours in enumerate(high, 3)]
        home = {"HOME": str(folder), "PATH": os.environ["PATH"], "TZ": "UTC", "LANG": "C.UTF-8"}
        actions = [quiet, *passed]
        self._process = os.posix_spawn(PROGRAM, argv, home, file_actions=actions, setsid=True)
        for each in (theirs_in, theirs_out, *high):
            os.close(each)
        self._numbers = itertools.count(1)
        self._tabs: dict[str, Tab] = {}
        self._heard: list[dict[str, Any]] = []
        self._buffer = b""

    def tab(self) -> Tab:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        tab = Tab(self, attached["sessionId"])
        self._tabs[tab.session] = tab
        return tab

    def call(self, method: str, session: str = "", **arguments: Any) -> Any:
        """Do something and wait for the answer."""
        number = next(self._numbers)
        said = {"id": number, "method": method, "params": arguments}
        if session:
            said["sessionId"] = session
        left = memoryview(json.dumps(said).encode() + b"\0")
        while left:
            left = left[os.write(self._out, left) :]
        until = time.monotonic() + _SECONDS
        while True:
            message = self._next(until)
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def wait(self, session: str, event: str) -> None:
        """Wait until something has happened in a tab since it was last waited for."""
        until = time.monotonic() + _SECONDS
        while not any(self._is(each, session, event) for each in self._heard):
            self._next(until)
        self._heard = [each for each in self._heard if not self._is(each, session, event)]

    @staticmethod
    def _is(message: dict[str, Any], session: str, event: str) -> bool:
        return message.get("sessionId") == session and message.get("method") == event

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            assert ready, "Chromium does not answer"
            read = os.read(self._in, 1 << 20)
            assert read, "Chromium has ended"
            self._buffer += read
        first, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Page.loadEventFired":
            self._heard.append(message)
        if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
            tab = self._tabs.get(message.get("sessionId", ""))
            if tab is not None:
                tab.complaints.append(json.dumps(message["params"]))

    def end(self) -> None:
        """End it and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._in)
        os.close(self._out)


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Skips the test where there is no Chromium."""
    if PROGRAM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    browser = Browser(folder)
    try:
        yield browser
    finally:
        browser.end()


_ALIKE = """(async (one, other) => {
  const [width, height] = [32, 48];
  const greys = async (data) => {
    const image = await createImageBitmap(await (await fetch(data)).blob());
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.filter = "grayscale(1)"; context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data.filter((_, n) => (n & 3) == 0);
  };
  const [a, b] = [await greys(one), await greys(other)];
  return a.reduce((sum, grey, n) => sum + Math.abs(grey - b[n]), 0) / a.length;
})"""


def difference(tab: Tab, one: bytes, other: bytes) -> float:
    """How unlike two pictures are, each made 32 by 48 greys: from 0 to 255."""
    coded = [f"data:image/jpeg;base64,{base64.b64encode(each).decode()}" for each in (one, other)]
    return float(tab.ask(f"{_ALIKE}(...{json.dumps(coded)})"))
