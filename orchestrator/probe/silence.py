"""The longest silence in a series of questions and answers, all times in nanoseconds of one clock."""

from dataclasses import dataclass, field


@dataclass
class Silence:
    """Told of every question and answer as they happen.

    A silence begins with the first question after an answer and ends with the next answer. Counting from the question
    and not from the answer before keeps a pause of the asking process from being taken for one of the guest.
    """

    sent: int = 0
    answered: int = 0
    longest_ns: int = 0
    _waiting_since: int | None = field(default=None, init=False)
    _last_answer: int | None = field(default=None, init=False)

    def asked(self, at: int) -> None:
        """A question was sent."""
        self.sent += 1
        if self._waiting_since is None:
            self._waiting_since = at

    def heard(self, at: int) -> None:
        """An answer came, to whichever question."""
        self.answered += 1
        if self._waiting_since is not None and self.answered > 1:
            self.longest_ns = max(self.longest_ns, at - self._waiting_since)
        self._waiting_since = None
        self._last_answer = at

    def answering(self, at: int, *, within: int) -> bool:
        """Whether the last answer is fresh."""
        return self._last_answer is not None and at - self._last_answer <= within

    def end(self, at: int) -> int:
        """The longest silence, one that still lasts included."""
        open_since = self._waiting_since if self.answered else None
        return self.longest_ns if open_since is None else max(self.longest_ns, at - open_since)
