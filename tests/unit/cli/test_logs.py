"""Logging of the rooms below: one inert line each, never a traceback."""

import logging

import pytest

from orchestrator.cli import logs
from orchestrator.cli.options import Options


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("paramiko", "asyncio", "sqlalchemy", "alembic"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def said(capsys, verbosity, log):
    logs.configure(Options(verbosity=verbosity))
    log()
    return capsys.readouterr().err


def test_an_exception_is_one_phrase(capsys):
    def log():
        try:
            raise ValueError("odd\x1b[2J\nsecond")
        except ValueError:
            logging.getLogger("orchestrator.x").exception("it broke")

    text = said(capsys, 0, log)
    assert text.count("\n") == 1
    assert "error it broke: ValueError: odd\\x1b[2J\\nsecond" in text


@pytest.mark.parametrize(("verbosity", "lines"), [(-1, 0), (0, 1), (1, 2), (2, 3)])
def test_verbosity(capsys, verbosity, lines):
    def log():
        logger = logging.getLogger("orchestrator.x")
        logger.warning("w")
        logger.info("i")
        logger.debug("d")

    assert said(capsys, verbosity, log).count("\n") == lines


def test_paramiko_is_silent_unless_asked_for(capsys):
    assert said(capsys, 1, lambda: logging.getLogger("paramiko.transport").error("boo")) == ""
