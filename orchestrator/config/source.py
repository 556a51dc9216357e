"""The text of one file, read within bounds, and places in it."""

import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import OrchestratorError, Place, Problem

LARGEST = 2**20
_BEFORE = 2  # lines shown above the one in question
_WIDEST = 200
_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)|(password=)[^\s&]+|(password\s*:\s*)(?!\{)\S.*")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text; lines and columns count from 1."""

    file: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def place(self, line: int, column: int) -> Place:
        """A place with the lines up to it."""
        lines = self.text.split("\n")
        line = min(line, len(lines))
        shown = [without_password(text)[:_WIDEST] for text in lines[max(0, line - 1 - _BEFORE) : line]]
        return Place(file=self.file, line=line, column=column, excerpt=tuple(shown))


def without_password(text: str) -> str:
    """The text as it may be shown: what stands in place of a password, in an address or by itself, is starred out."""
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2] or found[3]}***", text)


def read(path: Path) -> Source:
    """Read a file. Raises config.invalid: not a file, too large, not readable, not UTF-8."""
    try:
        content = _content(path)
    except OSError as error:
        raise _refused(path, f"{path}: {error.strerror or error}", f"Look at it: ls -l {path}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        readable = Source(str(path), content.decode("utf-8", "replace"))
        problem = Problem(
            code="config.invalid",
            saw=f"byte 0x{content[error.start]:02x} is not UTF-8",
            fix="Save the file as UTF-8.",
            place=readable.place(line, column),
        )
        raise OrchestratorError((problem,)) from error
    return Source(str(path), text.replace("\r\n", "\n"))


def _content(path: Path) -> bytes:
    kind = path.stat().st_mode
    if not stat.S_ISREG(kind):
        what = "a directory" if stat.S_ISDIR(kind) else "not a regular file"
        raise _refused(path, f"{path} is {what}", "Name a YAML file.")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _refused(path, f"{path} is larger than 1 MiB", "A configuration of ferry is a few KiB; name that file.")
    return content


def _refused(path: Path, saw: str, fix: str) -> OrchestratorError:
    return OrchestratorError(
        (Problem(code="config.invalid", saw=saw, fix=fix, place=Place(file=str(path), line=1, column=1)),)
    )
