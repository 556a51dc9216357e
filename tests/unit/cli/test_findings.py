"""One reason is one paragraph, however many guests share it; what differs stays apart."""

from dataclasses import replace
from datetime import date

from orchestrator.cli.view.findings import grouped, tally
from orchestrator.model.finding import Finding, Severity, Waived
from orchestrator.model.host import HostName

A, B, C = (HostName(f"kvm0{n}") for n in (1, 2, 3))


def finding(guest: str = "web", to: HostName | None = B, **changes) -> Finding:
    """A warning that names its guest and its destination."""
    made = Finding(
        check="odd",
        severity=Severity.WARNING,
        guest=guest,
        source=A,
        destination=to,
        saw=f"{guest} would not like {to}",
        fix=f"ask {guest}",
    )
    return replace(made, **changes)


def sizes(*findings: Finding) -> list[int]:
    """How many findings each paragraph stands for."""
    return [len(group.findings) for group in grouped(findings)]


def test_forty_guests_with_one_reason_are_one_paragraph() -> None:
    assert sizes(*(finding(f"web-{n:02}") for n in range(40))) == [40]


def test_hosts_do_not_split_a_reason_either() -> None:
    from_c = finding("db", to=B, source=C, saw="db would not like kvm02")
    assert sizes(finding(to=B), finding(to=C), finding("db", to=C), from_c) == [4]


def test_other_words_another_check_another_severity_or_other_details_are_paragraphs_of_their_own() -> None:
    others = (
        finding(saw="something else"),
        finding(check="even"),
        finding(severity=Severity.NOTE),
        finding(detail=("-a",)),
    )
    assert sizes(finding(), *others) == [1] * 5


def test_checks_that_lack_the_same_fact_are_one_paragraph() -> None:
    lacking = [finding(check=name, undecided="ssh: refused", saw=name) for name in ("a", "b", "c")]
    assert sizes(*lacking, finding(check="d", undecided="ssh: no answer")) == [3, 1]


def test_the_worst_comes_first() -> None:
    mixed = [finding(severity=s, check=s.value) for s in (Severity.NOTE, Severity.BLOCKER, Severity.WARNING)]
    assert [group.first.severity for group in grouped(mixed)] == list(Severity)


def test_the_tally_counts_findings_and_says_what_was_waived() -> None:
    waived = Waived(reason="r", until=date(2027, 1, 1), severity=Severity.BLOCKER)
    found = [finding(), finding("db"), finding(severity=Severity.NOTE, waived=waived)]
    assert tally(found) == "2 warnings, 1 note (1 waived)"
    assert tally([]) == "nothing speaks against it"
