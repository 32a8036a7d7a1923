"""The host: plugins, each with its backend on its devices."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from host import devices
from host.backend import Backend
from host.executors.base import Executor, Limits, Status
from host.executors.inline import ThreadLink
from host.executors.process import ProcessLink
from host.plugin import Plugin
from host.plugins import Found, PluginError, discover
from host.settings import PluginSettings, Settings
from host.weights import WeightsStore
from host.worker import BackendSpec

log = logging.getLogger("host")


@dataclass(frozen=True)
class Loaded:
    """A plugin and, unless it is broken or has none, its workers and their proxy."""

    found: Found
    executors: Sequence[Executor] = ()
    backend: Backend | None = None


class Host:
    """Owns every worker, from its first call (or :meth:`warm_up`) to :meth:`stop`.

    A program uses it without any page::

        with Host() as host:
            encodings = host.backend("face").encode([picture, another])

    settings: None for those of the environment and the Spacefile.
    Raises DeviceError for a device that is not there, PluginError as ``discover`` does.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        settings = self.settings = settings or Settings()
        self._stopping = threading.Event()
        self._gpus = devices.discover()
        self._weights = WeightsStore(
            settings.weights, settings.cache / "weights", offline=settings.offline
        )
        self.plugins = [self._load(found) for found in discover(settings)]

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def backend(self, name: str) -> Backend:
        """The proxy of a plugin's backend. Raises PluginError when there is none to call."""
        for loaded in self.plugins:
            if loaded.found.name == name and loaded.backend is not None:
                return loaded.backend
        broken = {each.found.name: each.found.error for each in self.plugins if each.found.error}
        usable = ", ".join(each.found.name for each in self.plugins if each.backend) or "none"
        why = f" ({broken[name]})" if name in broken else ""
        raise PluginError(f"There is no backend {name!r}{why}; there are: {usable}.")

    def _load(self, found: Found) -> Loaded:
        plugin = found.plugin
        if plugin is None or found.error or plugin.backend is None:
            return Loaded(found)
        settings = self.settings.for_plugin(plugin.name)
        places = devices.resolve(settings.device, self._gpus, plugin.framework, plugin.name)
        executors = [self._executor(plugin, settings, place) for place in places]
        return Loaded(found, executors, Backend(executors, settings.options))

    def _executor(
        self, plugin: Plugin, settings: PluginSettings, device: devices.Device
    ) -> Executor:
        assert plugin.backend is not None
        spec = BackendSpec(
            plugin=plugin.name,
            backend=plugin.backend,
            device=device,
            cache_dir=self.settings.cache / "plugins" / plugin.name,
            weights=self._weights,
            settings=dict(settings.options),
            log_level=self.settings.log_level,
        )
        environment = devices.environment(device, plugin.framework, settings.threads)

        def open_link() -> ProcessLink | ThreadLink:
            if settings.executor == "inline":
                return ThreadLink(spec)
            return ProcessLink(spec, environment, settings.interpreter)

        limits = Limits(call=settings.time_limit, idle=settings.idle_unload)
        label = device.label if device.kind == "cpu" else f"{device} ({device.label})"
        return Executor(plugin.title, label, open_link, limits)

    def warm_up(self, delay: float = 0.0) -> None:
        """Start every worker in the background, one by one so that visitors keep a core.

        delay: seconds to wait first.
        """
        threading.Thread(target=self._warm_up, args=(delay,), daemon=True).start()

    def _warm_up(self, delay: float) -> None:
        self._stopping.wait(delay)
        for executor in self._executors():
            if not self._stopping.is_set():
                executor.warm_up()
            while executor.status().state in ("new", "starting") and not self._stopping.wait(0.1):
                pass

    def statuses(self) -> list[tuple[Found, list[Status]]]:
        """Every plugin with the state of its workers, in the order of the tabs."""
        return [
            (loaded.found, [executor.status() for executor in loaded.executors])
            for loaded in self.plugins
        ]

    def restart(self, name: str) -> None:
        """End a plugin's workers, whatever they do, and start fresh ones."""
        log.warning("the operator restarts %s", name)
        for loaded in self.plugins:
            if loaded.found.name == name:
                for executor in loaded.executors:
                    executor.restart()

    def forget(self, visitor: str) -> None:
        """End the calls of a visitor who left."""
        for loaded in self.plugins:
            if loaded.backend is not None:
                loaded.backend.cancel_for(visitor)

    def stop(self) -> None:
        """End all workers, at the same time."""
        self._stopping.set()
        if executors := self._executors():
            with ThreadPoolExecutor(len(executors)) as pool:
                list(pool.map(Executor.stop, executors))

    def _executors(self) -> list[Executor]:
        return [executor for loaded in self.plugins for executor in loaded.executors]
