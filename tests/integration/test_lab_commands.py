"""What ./lab understands of a command line, without any lab."""

import pytest

from tests.lab.__main__ import _parse


@pytest.mark.parametrize("rate", ["400mbit", "20Mbit", "0.5gbit", "512kibit", "none"])
def test_rates(rate: str) -> None:
    options, _ = _parse(["link", "kvm01", "migration", "--rate", rate])
    assert options.rate == rate


@pytest.mark.parametrize("rate", ["banana", "400", "0mbit", "-1mbit", "400mb", ""])
def test_what_is_no_rate_is_refused_with_an_example(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        _parse(["link", "kvm01", "migration", f"--rate={rate}"])
    assert left.value.code == 2
    assert f"{rate!r} is no rate" in capsys.readouterr().err.replace("\n", " ")
