"""Checks SQL that a language model has written: one statement that reads given tables and calls harmless functions.

The tables are those of one knowledge base, whatever else the database holds. What runs is written anew from the parsed
statement, so that it is what was checked.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from stores.errors import InputError

LONGEST_STATEMENT = 4000
_NAMES = """
    Abs And ArrayAgg Avg Case Cast Ceil Coalesce Concat ConcatWs Count CountIf CurrentDate CurrentTimestamp Date
    DateDiff Day DenseRank Exists Extract FirstValue Floor Greatest GroupConcat If Initcap Lag LastValue Lead Least
    Left Length Lower Max Min Mod Month Nullif Or PercentileCont PercentileDisc Rank RegexpLike Replace Right Round
    RowNumber SplitPart StrPosition StrToDate Substring Sum TimeToStr TimestampTrunc ToNumber Trim TsOrDsToDate
    TsOrDsToTimestamp Upper Xor Year"""
_FUNCTIONS = frozenset(_NAMES.split())
"""Classes of sqlglot. Other functions of a database read files, settings or other tables, or wait."""
_FURTHER_FUNCTIONS = frozenset({"age", "julianday", "ltrim", "make_date", "rtrim", "to_char", "to_date", "total"})


def checked_statement(statement: str, tables: Collection[str], dialect: str) -> str:
    """Return the statement as it may run. InputError ``bad_sql`` where it does more than read the ``tables``.

    ``dialect``: sqlite or postgres.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what is refused below
    if len(statement) > LONGEST_STATEMENT:
        raise _refused(f"the statement is longer than {LONGEST_STATEMENT} characters")
    try:
        parsed = [one for one in sqlglot.parse(statement, read=dialect) if one is not None]
    except (SqlglotError, RecursionError) as error:
        raise _refused(f"the statement cannot be read: {' '.join(str(error).split())[:200]}") from error
    if len(parsed) != 1 or not isinstance(parsed[0], (exp.Select, exp.SetOperation, exp.Subquery)):
        raise _refused("only one statement is run, and it must be a SELECT")
    _check_kinds(parsed[0])
    _check_tables(parsed[0], set(tables))
    return str(parsed[0].sql(dialect, comments=False))


def _check_kinds(tree: Any) -> None:
    """Refuse what writes or locks, and functions that are not listed."""
    from sqlglot import exp

    for node in tree.walk():
        if isinstance(node, (exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command)) and not isinstance(node, exp.Query):
            raise _refused("the statement may only read: write a plain SELECT")
        if isinstance(node, exp.Anonymous):
            if str(node.name).lower() not in _FURTHER_FUNCTIONS:
                raise _refused(f"the function {node.name} may not be called")
        elif isinstance(node, exp.Func) and type(node).__name__ not in _FUNCTIONS:
            raise _refused(f"the function {node.sql_name()} may not be called")


def _check_tables(tree: Any, known: set[str]) -> None:
    """Refuse tables that are neither ``known`` nor defined by WITH before they are named.

    WITH stands at the beginning alone: elsewhere its names hold for a part, and could hide that a table is meant.
    """
    from sqlglot import exp

    clauses = list(tree.find_all(exp.With))
    if any(clause.parent is not tree for clause in clauses):
        raise _refused("WITH may stand at the beginning of the statement only")
    inside: set[int] = set()
    for clause in clauses:
        for defined in clause.expressions:
            own = {_name(defined.args["alias"].this)} if clause.args.get("recursive") else set()
            named = list(defined.this.find_all(exp.Table))
            _check_named(named, known | own)
            known = known | {_name(defined.args["alias"].this)}
            inside |= set(map(id, named))
    _check_named((table for table in tree.find_all(exp.Table) if id(table) not in inside), known)


def _check_named(tables: Any, known: set[str]) -> None:
    from sqlglot import exp

    for table in tables:
        plain = isinstance(table.this, exp.Identifier) and not table.db and not table.catalog
        if not plain or _name(table.this) not in known:
            raise _refused(f"the table {table.sql()[:80]} may not be read: there are {', '.join(sorted(known))}")


def _name(identifier: Any) -> str:
    """A name as databases compare it: in small letters, unless it is quoted."""
    return str(identifier.this) if identifier.args.get("quoted") else str(identifier.this).lower()


def _refused(why: str) -> InputError:
    return InputError(why, code="bad_sql")
