"""Tests of networks as rows, the last one of each way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from orchestrator.documents.network_tests import decode_network_test, encode_network_test
from orchestrator.model.network_test import NetworkTest
from orchestrator.store.tables import network_tests


def keep(connection: Connection, test: NetworkTest, *, at: datetime) -> None:
    """Write it in place of the earlier one of that way."""
    way = {"source": test.source, "destination": test.destination, "network": test.network}
    connection.execute(network_tests.delete().where(*(network_tests.c[name] == value for name, value in way.items())))
    connection.execute(network_tests.insert().values(**way, at=at, body=encode_network_test(test)))


def read(connection: Connection) -> Sequence[tuple[datetime, NetworkTest]]:
    """All of them, the newest first."""
    rows = connection.execute(select(network_tests.c.at, network_tests.c.body).order_by(network_tests.c.at.desc()))
    return tuple((at, decode_network_test(body)) for at, body in rows)
