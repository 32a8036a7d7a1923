"""What the tests of the tabs share."""


class Direct:
    """The backend without its worker: what the proxy offers besides the methods."""

    def __init__(self, backend, **settings):
        self._backend, self.settings = backend, settings

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def cancel(self, *methods):
        pass
