"""Runs commands in this process, and prints what they do that hostile inputs must not bring about.

The standard input has JSON: pairs of a command and of the files that it may open, by their real
paths. The output has a line of JSON for each: its exit code, and what was forbidden.
"""

import io
import json
import os
import re
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress

import adamcli

TRUSTED = tuple(
    {
        os.path.realpath(place) + os.sep
        for place in (
            sys.prefix,
            sys.base_prefix,
            os.path.dirname(os.__file__),
            os.path.dirname(adamcli.__file__),
            *(path for path in sys.path if path.endswith("site-packages")),
        )
    }
)
"""Where code comes from: Python, what is installed, and the program."""

SYSTEM = ("/dev/null", "/proc/", "/sys/", "/etc/localtime", "/usr/share/zoneinfo")
"""What libraries ask of the system: processors, memory, time zones."""

NEVER = (
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"),
    *("os.startfile", "subprocess.Popen", "pickle.find_class", "code.__new__"),
    *("urllib.Request", "webbrowser.open", "ftplib.connect", "smtplib.connect", "http.client"),
    *("sqlite3.enable_load_extension", "sqlite3.load_extension"),
)

CHANGES = ("os.remove", "os.rename", "os.link", "os.symlink", "os.truncate", "os.mkdir", "os.rmdir")


_SIDE = re.compile(r"(\.adamcli(-\d+)?\.part)?(-lock|-journal|-wal|-shm)?$")
"""What stands behind the name of an output while it is written, and of what SQLite keeps by it."""


class Watch:
    """Collects the events that are forbidden while a command runs."""

    def __init__(self) -> None:
        self.armed = False
        self.allowed: set[str] = set()
        self.found: list[str] = []

    def hook(self, event: str, arguments: tuple) -> None:
        if not self.armed:
            return
        self.armed = False
        try:
            if self._is_forbidden(event, arguments):
                self.found.append(f"{event} {arguments!r:.200}")
        finally:
            self.armed = True

    def _is_forbidden(self, event: str, arguments: tuple) -> bool:
        if event in NEVER or event.startswith(("socket.", "http.")):
            return True
        if event == "open":
            return not self._may_open(*arguments)
        if event == "sqlite3.connect":
            return not self._is_allowed(str(arguments[0]).partition("?")[0].removeprefix("file:"))
        if event in CHANGES:
            return not all(self._is_allowed(path) for path in arguments if isinstance(path, str))
        if event in ("exec", "compile", "marshal.loads"):
            return not _is_trusted(event, arguments)
        return False

    def _may_open(self, path: object, mode: str | None, flags: int) -> bool:
        if not isinstance(path, str | bytes):
            return True
        place = os.path.realpath(os.fsdecode(path))
        reads = not flags & (os.O_WRONLY | os.O_RDWR)
        return self._is_allowed(place) or (reads and place.startswith((*TRUSTED, *SYSTEM)))

    def _is_allowed(self, path: str) -> bool:
        """Return whether a file is one of the promised ones, or one that is made for them."""
        place = os.path.realpath(path)
        return place in self.allowed or _SIDE.sub("", place) in self.allowed


def _is_trusted(event: str, arguments: tuple) -> bool:
    """Return whether code comes from a trusted place, or is only parsed, as formulas are.

    NumPy parses the headers of arrays in the same way, by `ast`.
    """
    named = arguments[0].co_filename if event == "exec" else ""
    if event == "compile" and isinstance(arguments[1], str | bytes):
        named = os.fsdecode(arguments[1])
    if named.startswith("<frozen") or os.path.realpath(named).startswith(TRUSTED):
        return True
    frame, callers = sys._getframe(3), []
    while frame is not None:
        callers.append(frame.f_code.co_filename)
        frame = frame.f_back
    # Libraries make classes by `exec` of their own texts, and load what Python has compiled.
    importing = any(name.startswith("<frozen importlib") for name in callers)
    # The annotations of our commands are texts, which typing makes types of.
    typing = os.path.basename(callers[0]) in ("typing.py", "inspect.py", "annotationlib.py")
    parsing = event == "compile" and os.path.basename(callers[0]) == "ast.py"
    return importing or typing or parsing


def untrusted_modules(before: set[str]) -> list[str]:
    """Return the modules that do not come from a trusted place, nor were there `before`."""
    new = {name: module for name, module in sys.modules.items() if name not in before}
    files = ((name, getattr(module, "__file__", None)) for name, module in new.items())
    known = (*TRUSTED, os.path.realpath(__file__))
    return [name for name, file in files if file and not os.path.realpath(file).startswith(known)]


def end_of(command: list[str]) -> int:
    """Return the exit code of a command."""
    from adamcli.cli.app import app

    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            app(command)
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def main() -> None:
    """Run the commands of the standard input."""
    commands, before = json.load(sys.stdin), set(sys.modules)
    watch = Watch()
    sys.addaudithook(watch.hook)
    for command, allowed in commands:
        watch.allowed, watch.found = set(allowed), []
        watch.armed = True
        with suppress(Exception):
            code = end_of(command)
        watch.armed = False
        found = watch.found + [f"module {name}" for name in untrusted_modules(before)]
        print(json.dumps([code, found]), flush=True)


if __name__ == "__main__":
    main()
