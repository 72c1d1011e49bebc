"""The database behind a gradebook: a file of SQLite, one writer at a time, or a PostgreSQL server."""

import contextlib
import logging

from seglab.errors import InputError

INDEXES = (("submitted_notebook", "assignment_id"), ("grade", "notebook_id"), ("comment", "notebook_id"))
BUSY_SECONDS = 60  # to wait for another program, such as formgrader, that is writing into the same file


class Unusable(InputError):
    """A gradebook that cannot be read or written now."""


def address(course):
    """Return the address of a gradebook as SQLAlchemy's `URL`; a busy file is waited for.

    Args:
        course: The `Course`.

    Raises:
        Unusable: If it is no address.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(course.db_url)
    except (ArgumentError, ValueError) as error:
        raise Unusable(f"c.CourseDirectory.db_url: {error}") from None
    is_file = url.get_backend_name() == "sqlite" and "timeout" not in url.query
    return url.update_query_dict({"timeout": str(BUSY_SECONDS)}) if is_file else url


@contextlib.contextmanager
def told_in_one_line(course):
    """Turn what a database raises when it is gone or busy into one line.

    Args:
        course: The `Course`.

    Raises:
        Unusable: Where its driver, its server, its file or the right to write it is missing.
    """
    from sqlalchemy.exc import DBAPIError, InterfaceError, NoSuchModuleError, OperationalError

    shown = "the gradebook"
    logging.getLogger("tornado.application").setLevel(logging.CRITICAL)  # nbgrader's traceback of what is told here
    try:
        shown = f"the gradebook {address(course).set(query={}).render_as_string(hide_password=True)}"
        yield
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        way_out = "pip install 'seglab[cluster]', and write postgresql+psycopg2:// for the driver that comes with it"
        raise Unusable(f"{shown} has no driver here: {error}. For PostgreSQL: {way_out}.") from None
    except (OperationalError, InterfaceError, ValueError) as error:
        error = error if isinstance(error, DBAPIError) else error.__context__  # nbgrader makes it an `InvalidEntry`
        if not isinstance(error, OperationalError | InterfaceError):
            raise
        reason = " ".join(str(error.orig).split())
        raise Unusable(
            f"{shown} cannot be used now: {reason.rstrip('.')}. Nothing that was graded is lost: the same command "
            "goes on from there."
        ) from None


def add_indexes(gradebook):
    """Have the database find the rows of one submission: nbgrader's tables are read as a whole for each of them.

    Args:
        gradebook: nbgrader's `Gradebook`.
    """
    from sqlalchemy import inspect, text

    tables = inspect(gradebook.engine)
    for table, column in INDEXES:
        name = f"seglab_{table}"
        if name not in {index["name"] for index in tables.get_indexes(table)}:
            gradebook.db.execute(text(f"CREATE INDEX {name} ON {table} ({column})"))
    gradebook.db.commit()
