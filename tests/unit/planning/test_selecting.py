"""What patterns mean a guest."""

import pytest

from orchestrator.model.host import HostName
from orchestrator.planning.selecting import means, unmatched
from tests.unit.checks.builders import WEB, guest

HERE = HostName("kvm01")
LABELS = (("owner", "anna@example.net"), ("tags", "web, prod blue"))


@pytest.mark.parametrize(
    "pattern",
    [
        "web", "w?b", "kvm01/web", "kvm0*/w*", WEB, f"kvm01/{WEB}", "tag:web", "tag:prod", "tag:b*",
        "owner=anna@example.net", "owner=anna*",
    ],
)  # fmt: skip
def test_it_is_meant(pattern: str) -> None:
    assert means((pattern,), HERE, guest("web", labels=LABELS))
    assert means(("other", pattern), HERE, guest("web", labels=LABELS))


@pytest.mark.parametrize(
    "pattern", ["db", "kvm02/web", "tag:anna@example.net", "tag:", "tag:we", "owner=bert", "owner", "team=*", "=", ""]
)
def test_it_is_not_meant(pattern: str) -> None:
    assert not means((pattern,), HERE, guest("web", labels=LABELS))


def test_a_guest_without_labels_has_no_tag() -> None:
    assert not means(("tag:*", "owner=*"), HERE, guest("web"))


def test_a_name_with_brackets_means_itself() -> None:
    assert means(("web[1]",), HERE, guest("web[1]")) and means(("web[1]",), HERE, guest("web1"))


def test_patterns_that_mean_nobody_are_told_apart() -> None:
    there = [(HERE, guest("web", labels=LABELS)), (HERE, guest("db"))]
    assert unmatched(("web", "wbe*", "tag:prod", "kvm02/db", "d?"), there) == ("wbe*", "kvm02/db")
    assert unmatched(("web",), []) == ("web",)
    assert unmatched((), there) == ()
