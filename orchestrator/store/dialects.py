"""What SQLite and PostgreSQL say differently, as expressions that read the same on both."""

from typing import Any

from sqlalchemy import BigInteger, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class NowMs(FunctionElement[int]):
    """Milliseconds since 1970 by the clock of the store, at the moment of asking and not of the transaction."""

    type = BigInteger()
    inherit_cache = True


class Doubt(FunctionElement[str]):
    """The doubt in the verdict that the JSON text of an entry holds; NULL where there is none."""

    type = Text()
    inherit_cache = True


# What is missing here is an error of the compiler: no dialect gets an expression that was never meant for it.
@compiles(NowMs, "sqlite")
def _now_of_sqlite(_element: NowMs, _compiler: Any, **_more: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(NowMs, "postgresql")
def _now_of_postgres(_element: NowMs, _compiler: Any, **_more: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


@compiles(Doubt, "sqlite")
def _doubt_of_sqlite(element: Doubt, compiler: Any, **more: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **more)}, '$.outcome.doubt')"


@compiles(Doubt, "postgresql")
def _doubt_of_postgres(element: Doubt, compiler: Any, **more: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **more)} AS json) #>> '{{outcome,doubt}}'"
