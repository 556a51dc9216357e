"""The longest silence from series of questions and answers."""

import pytest

from orchestrator.probe.silence import Silence

Step = tuple[str, int]


def told(*steps: Step) -> Silence:
    silence = Silence()
    for what, at in steps:
        (silence.asked if what == "ask" else silence.heard)(at)
    return silence


def each(start: int, count: int, every: int = 25, delay: int = 1) -> tuple[Step, ...]:
    return tuple(
        step for i in range(count) for step in (("ask", start + i * every), ("hear", start + i * every + delay))
    )


@pytest.mark.parametrize(
    ("steps", "end", "longest"),
    [
        (each(0, 10), 250, 1),
        ((*each(0, 3), ("ask", 75), ("ask", 100), ("ask", 125), ("ask", 150), ("hear", 151)), 160, 76),
        ((*each(0, 3), ("ask", 75), ("ask", 100)), 400, 325),  # still silent when asked to stop
        ((*each(0, 3), *each(1000, 3)), 1060, 1),  # this process stood still, the guest was never asked
        ((("ask", 0), ("ask", 500), *each(1000, 3)), 1060, 1),  # before its first answer it owed none
        ((*each(0, 2), ("ask", 50), ("hear", 90), ("hear", 91)), 100, 40),  # late, not lost
    ],
)
def test_longest(steps: tuple[Step, ...], end: int, longest: int) -> None:
    assert told(*steps).end(end) == longest


def test_counts() -> None:
    said = told(*each(0, 4), ("ask", 100))
    assert (said.sent, said.answered) == (5, 4)


def test_answering_is_a_question_of_freshness() -> None:
    said = told(*each(0, 2))
    assert said.answering(26 + 50, within=50)
    assert not said.answering(26 + 51, within=50)
    assert not Silence().answering(0, within=50)
