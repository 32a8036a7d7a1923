"""The host: plugins, each with its backend on its devices."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from host import devices, hooks, zerogpu
from host.backend import Backend
from host.executors.base import Executor
from host.executors.inline import ThreadLink
from host.executors.limits import Limits
from host.executors.link import Link
from host.executors.process import ProcessLink
from host.executors.ray import RayLink, Room
from host.executors.status import Status
from host.plugins import Found, PluginError, discover, tell
from host.quotas import Quotas
from host.settings import PluginSettings, Settings
from host.weights import WeightsStore
from host.worker import BackendSpec

log = logging.getLogger("host")


@dataclass(frozen=True)
class Loaded:
    """A plugin and, unless it is broken or has none, its workers and their proxy."""

    found: Found
    executors: list[Executor] = field(default_factory=list)
    backend: Backend | None = None
    health: hooks.HealthLines | None = None


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
        self._warm = threading.Event()
        self._gpus = [] if zerogpu.here() else devices.discover()
        self._weights = WeightsStore.of(settings)
        self.quotas = Quotas(settings.limits)
        self.plugins: list[Loaded] = []
        try:
            for found in discover(settings):
                self.plugins.append(self.load(found))
        except BaseException:
            self.stop()
            raise

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

    def load(self, found: Found) -> Loaded:
        """Make a plugin's executors, whose workers start later, and run its ``startup`` hook."""
        plugin = found.plugin
        if plugin is None or not found.usable:
            return Loaded(found)
        executors: list[Executor] = []
        backend = None
        if plugin.backend is not None:
            own = self.settings.for_plugin(plugin.name)
            executors = self._executors_on(found, own.device)
            kind = zerogpu.LendingBackend if zerogpu.here() else Backend
            backend = kind(executors, found.options, plugin.name, self.quotas)
        try:
            hooks.startup(found, backend)
        except hooks.HookError as error:
            for executor in executors:
                executor.stop()
            failed = replace(found, error=str(error), cause=error.__cause__)
            tell(failed, self.settings)
            return Loaded(failed)
        return Loaded(found, executors, backend, hooks.HealthLines(found, backend))

    def _executors_on(self, found: Found, names: list[str]) -> list[Executor]:
        """Raises DeviceError for a device that is not there."""
        plugin = found.plugin
        assert plugin is not None and plugin.backend is not None
        own = self.settings.for_plugin(plugin.name)
        if zerogpu.serves(plugin.framework, names):
            places = [zerogpu.DEVICE]
        elif own.executor == "ray":
            places = devices.in_cluster(names, plugin.framework, plugin.name)
        else:
            places = devices.resolve(names, self._gpus, plugin.framework, plugin.name)
        return [
            self._executor(found, plugin.backend, own, place)
            for place in places
            for _ in range(own.replicas)
        ]

    def _executor(
        self, found: Found, backend: str, settings: PluginSettings, device: devices.Device
    ) -> Executor:
        plugin = found.plugin
        assert plugin is not None
        spec = BackendSpec(
            plugin=plugin.name,
            backend=backend,
            device=device,
            cache_dir=self.settings.cache / "plugins" / plugin.name,
            weights=self._weights,
            settings=found.options,
            log_level=self.settings.log_level,
            log_format=self.settings.log_format,
        )
        if device is zerogpu.DEVICE:
            settings = zerogpu.adapted(settings)
            spec = zerogpu.lent(spec, settings.time_limit)
        environment = devices.environment(device, plugin.framework, settings.threads)

        room = Room(
            address=self.settings.ray_address,
            environment=environment,
            cpus=settings.threads or 1,
            gpus=settings.num_gpus,
        )

        def open_link() -> Link:
            if settings.executor == "inline":
                return ThreadLink(spec)
            if settings.executor == "ray":
                return RayLink(spec, room)
            return ProcessLink(spec, environment, settings.interpreter)

        memory = None if settings.memory_limit is None else int(settings.memory_limit * 1e6)
        limits = Limits(
            call=settings.time_limit,
            idle=settings.idle_unload,
            memory=memory,
        )
        named = device.kind == "cpu" or settings.executor == "ray" or device is zerogpu.DEVICE
        label = device.label if named else f"{device} ({device.label})"
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
        self._warm.set()

    @property
    def ready(self) -> bool:
        """Every worker has been started once, well or not, and none is being stopped for good."""
        return self._warm.is_set() and not self._stopping.is_set()

    @property
    def device_names(self) -> list[str]:
        """What :meth:`move` takes here: "cuda" for one that a Ray cluster chooses."""
        ray = any(each.executor == "ray" for each in self.settings.plugins.values())
        return ["auto", "cpu", *(["cuda"] if ray else []), *map(str, self._gpus)]

    @property
    def css(self) -> list[Path]:
        """The plugins' style sheets."""
        return list(dict.fromkeys(path for each in self.plugins for path in each.found.css))

    def statuses(self) -> list[tuple[Found, list[Status]]]:
        """Every plugin with the state of its workers, in the order of the tabs.

        What a plugin's ``health_lines`` says is with its first worker.
        """
        return [(loaded.found, self._workers(loaded)) for loaded in self.plugins]

    def _workers(self, loaded: Loaded) -> list[Status]:
        workers = [executor.status() for executor in loaded.executors]
        if workers and loaded.health is not None:
            lines = loaded.health.lines()
            workers[0] = replace(workers[0], health={**workers[0].health, **lines})
        return workers

    def restart(self, name: str) -> None:
        """End a plugin's workers, whatever they do, and start fresh ones."""
        log.warning("the operator restarts %s", name)
        for loaded in self.plugins:
            if loaded.found.name == name:
                for executor in loaded.executors:
                    executor.restart()

    def move(self, name: str, devices: list[str]) -> None:
        """Give a plugin workers on other devices; calls that its old ones have are failed.

        Raises DeviceError for a device that is not there; then nothing changes.
        """
        for loaded in self.plugins:
            if loaded.found.name == name and loaded.backend is not None:
                log.warning("the operator moves %s to %s", name, ", ".join(devices))
                before = list(loaded.executors)
                loaded.executors[:] = self._executors_on(loaded.found, devices)
                for executor in before:
                    executor.stop(replaced=True)
                for executor in loaded.executors:
                    executor.warm_up()

    def forget(self, visitor: str) -> None:
        """End the calls of a visitor who left."""
        for loaded in self.plugins:
            if loaded.backend is not None:
                loaded.backend.cancel_for(visitor)

    def stop(self) -> None:
        """Run the ``shutdown`` hooks, then end all workers, each at the same time. Idempotent."""
        first = not self._stopping.is_set()
        self._stopping.set()
        with ThreadPoolExecutor(max(1, len(self.plugins) + len(self._executors()))) as pool:
            if first:
                list(pool.map(lambda each: hooks.shutdown(each.found, each.backend), self.plugins))
            list(pool.map(Executor.stop, self._executors()))

    def _executors(self) -> list[Executor]:
        return [executor for loaded in self.plugins for executor in loaded.executors]
