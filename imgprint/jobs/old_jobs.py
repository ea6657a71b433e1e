"""Requests of jobs of imgprint 0.1's first form, which were pickled.

A pickle is a program. This one may only build plain values: each of its
instructions is looked at before any is run, and no class can be found.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from typing import TYPE_CHECKING, Any, NoReturn

from imgprint.errors import InputError
from imgprint.jobs.packing import PackingError, pack_values

if TYPE_CHECKING:
    import sqlite3

# https://docs.python.org/3/library/pickletools.html: those that make plain values,
# as protocol 5 writes them. None of them calls, imports or looks anything up.
_ALLOWED = {
    *("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET"),
    *("LONG_BINGET", "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1"),
    *("BININT2", "LONG1", "LONG4", "BINFLOAT", "SHORT_BINUNICODE", "BINUNICODE"),
    *("BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "EMPTY_LIST", "APPEND"),
    *("APPENDS", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
    *("EMPTY_DICT", "SETITEM", "SETITEMS", "EMPTY_SET", "ADDITEMS", "FROZENSET"),
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")


def read_pickle(data: object) -> Any:
    """Return the plain values that *data* builds. Raise PackingError for others."""
    if not isinstance(data, bytes):
        raise PackingError("a request is not bytes")
    try:
        for instruction, _, _ in pickletools.genops(data):
            if instruction.name not in _ALLOWED:
                raise PackingError(f"a request does more: {instruction.name}")
        return _PlainUnpickler(io.BytesIO(data)).load()
    except PackingError:
        raise
    except Exception as error:  # the documentation promises no fewer kinds
        raise PackingError("a request can't be read") from error


def convert(db: sqlite3.Connection, name: str) -> None:
    """Write all requests of the job *name* in today's form, or none of them.

    Raise InputError if one of them holds more than plain values.
    """
    db.execute("BEGIN")
    try:
        for table in ("requests", "later"):
            for (number,) in db.execute(f"SELECT id FROM {table}").fetchall():  # noqa: S608
                where = (number,)
                ((data,),) = db.execute(f"SELECT data FROM {table} WHERE id = ?", where)  # noqa: S608
                row = (pack_values(read_pickle(data)), number)
                db.execute(f"UPDATE {table} SET data = ? WHERE id = ?", row)  # noqa: S608
    except PackingError as error:
        db.execute("ROLLBACK")
        raise InputError(
            f"the job in {name!r} can't go on: {error}; an older imgprint wrote it, "
            "and nothing in a job is run: begin another job"
        ) from error
