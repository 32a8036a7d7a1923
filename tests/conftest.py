"""The real app, started as people start it."""

import os
import tempfile

import pytest
from serving import App

# Before Gradio is imported. Its own temporary folder may belong to another user of the machine.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
TEMPORARY = tempfile.TemporaryDirectory(prefix="triptych-tests-")
os.environ["GRADIO_TEMP_DIR"] = TEMPORARY.name


@pytest.fixture(scope="session")
def start_app(tmp_path_factory):
    """``start_app(*flags, **environment)`` serves the app until the tests end."""
    apps = []

    def start(*flags, **environment):
        app = App(tmp_path_factory.mktemp("app"), flags, environment)
        apps.append(app)
        app.wait_until_served()
        return app

    yield start
    for app in apps:
        if app.process.poll() is None:
            app.stop()


@pytest.fixture(scope="session")
def demo(start_app, tmp_path_factory):
    """The whole demo, offline, shared by all tests that only use it."""
    return start_app("--offline", "--strict")
