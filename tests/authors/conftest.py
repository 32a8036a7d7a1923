"""Triptych and plugins installed from their wheels."""

import pytest


@pytest.fixture(scope="session")
def installation(request):
    """See :class:`installed.Installed`; kept between test runs while the sources stay the same."""
    from installed import installed

    return installed(request.config.cache.mkdir("installed"))


@pytest.fixture(scope="session")
def installed_app(installation, tmp_path_factory):
    """It serves hello, sketch and my_plugin."""
    app = installation.serve(tmp_path_factory.mktemp("installed"), "--offline")
    yield app
    app.stop()
