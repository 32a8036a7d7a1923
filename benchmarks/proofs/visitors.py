"""Visitors of the real app, as a browser is one: what the proofs press, and what they are told.

A visitor opens the page, keeps its heartbeat and its timers going, uploads pictures, presses
buttons through Gradio's queue and leaves. Nothing of Gradio's client is used: every message of the
queue is seen and judged here.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

ANSWER_WITHIN = 600.0
"""Seconds without any message for an event after which its answer counts as lost."""
RETRIES = 20


class Lost(Exception):
    """An event that was accepted and never answered; the text says what came instead."""


class Refused(Exception):
    """The server said "not now" every time; the text is its last sentence."""


@dataclass
class Answer:
    """How one event ended.

    outputs: what its components get; None when it failed. error: its sentence then.
    waited, seconds: from the press until it began, and until its answer was there.
    complaints: what was wrong with the queue's messages. steps: pictures on the way.
    """

    outputs: list[Any] | None = None
    error: str | None = None
    waited: float = 0.0
    seconds: float = 0.0
    steps: int = 0
    complaints: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Event:
    """A dependency of the page.

    names: of its inputs; None for a session's state. shown: which of its outputs are no state.
    """

    id: int
    names: tuple[str | None, ...]
    defaults: tuple[Any, ...]
    queue: bool
    shown: tuple[int, ...]
    trigger: int | None = None

    def data(self, given: dict[str, Any]) -> list[Any]:
        """Raises TypeError for a name that it has not."""
        if unknown := given.keys() - set(self.names):
            raise TypeError(f"no such input: {', '.join(sorted(unknown))}")
        return [
            given.get(name, default) if name else None
            for name, default in zip(self.names, self.defaults, strict=True)
        ]


@dataclass(frozen=True)
class Page:
    """What a page of the app can do, read from its own configuration."""

    url: str
    events: dict[str, Event]
    on_load: tuple[Event, ...]
    timers: tuple[tuple[float, Event], ...]

    @classmethod
    async def read(cls, client: httpx.AsyncClient, url: str) -> Page:
        config = (await client.get(f"{url}config")).raise_for_status().json()
        info = (await client.get(f"{url}gradio_api/info")).raise_for_status().json()
        components = {each["id"]: each for each in config["components"]}
        events, on_load, timers = {}, [], []
        for each in config["dependencies"]:
            if each["js"] and not each["backend_fn"]:
                continue
            told = info["named_endpoints"].get(f"/{each['api_name']}", {}).get("parameters")
            event = _event(each, components, told)
            events[each["api_name"]] = event
            kinds = {kind: target for target, kind in each["targets"]}
            if "load" in kinds:
                on_load.append(event)
            if "tick" in kinds and components[kinds["tick"]]["props"].get("active"):
                timers.append((components[kinds["tick"]]["props"]["value"], event))
        return cls(url, events, tuple(on_load), tuple(timers))


def _event(
    dependency: dict[str, Any], components: dict[int, Any], told: list[dict[str, Any]] | None
) -> Event:
    names: list[str | None] = []
    defaults: list[Any] = []
    parameters = iter(told or [])
    for number in dependency["inputs"]:
        component = components[number]
        if component["type"] == "state":
            names.append(None)
            defaults.append(None)
        elif told is None:
            names.append(f"input{len(names)}")
            defaults.append(component["props"].get("value"))
        else:
            parameter = next(parameters)
            names.append(parameter["parameter_name"])
            defaults.append(parameter.get("parameter_default"))
    target = dependency["targets"][0][0] if dependency["targets"] else None
    queue = dependency["queue"] is not False
    shown = tuple(
        place
        for place, number in enumerate(dependency["outputs"])
        if components[number]["type"] != "state"
    )
    return Event(dependency["id"], tuple(names), tuple(defaults), queue, shown, target)


class Visitor:
    """One open page. Use it as a context: leaving it is closing the tab.

    opened: seconds until the page and its first events were there.
    refreshes: seconds that each look of the page's timers took.
    complaints: what was wrong with the page itself.
    """

    def __init__(self, client: httpx.AsyncClient, page: Page) -> None:
        self.session = secrets.token_hex(6)
        self.opened = 0.0
        self.refreshes: list[float] = []
        self.complaints: list[str] = []
        self._client, self._page = client, page
        self._api = f"{page.url}gradio_api/"
        self._background: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Visitor:
        began = time.monotonic()
        (await self._client.get(self._page.url)).raise_for_status()
        self._background.append(asyncio.create_task(self._heartbeat()))
        try:
            for event in self._page.on_load:
                self._complain(await self._run(event, event.data({})))
        except (Lost, Refused) as error:
            self.complaints.append(f"opening the page: {error}")
        self.opened = time.monotonic() - began
        for interval, event in self._page.timers:
            self._background.append(asyncio.create_task(self._look(interval, event)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _complain(self, answer: Answer) -> None:
        self.complaints += answer.complaints
        if answer.error is not None:
            self.complaints.append(f"opening the page was answered: {answer.error}")

    async def press(self, action: str, **given: Any) -> Answer:
        """Run a named event to its end. Raises Lost and Refused."""
        event = self._page.events[action]
        return await self._run(event, event.data(given))

    async def upload(self, content: bytes, name: str = "picture.jpg") -> dict[str, Any]:
        """Raises Refused when the server takes no file even after all retries."""
        for _ in range(RETRIES):
            answer = await self._client.post(
                f"{self._api}upload", files={"files": (name, content)}, headers=self._headers
            )
            if answer.status_code not in (429, 503):
                (path,) = answer.raise_for_status().json()
                return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
            await asyncio.sleep(_pause(answer))
        raise Refused(_sentence(answer))

    async def file(self, data: dict[str, Any]) -> bytes:
        """What a browser shows of an output: the file itself."""
        url = data.get("url") or f"{self._api}file={data['path']}"
        return (await self._client.get(url)).raise_for_status().content

    @property
    def _headers(self) -> dict[str, str]:
        return {"origin": self._page.url.rstrip("/"), "x-gradio-user": "app"}

    async def _run(self, event: Event, data: list[Any]) -> Answer:
        body = {
            "data": data,
            "fn_index": event.id,
            "trigger_id": event.trigger,
            "session_hash": self.session,
            "event_data": None,
        }
        began = time.monotonic()
        answer = Answer()
        if not event.queue:
            response = await self._client.post(
                f"{self._api}run/predict", json=body, headers=self._headers
            )
            answer.seconds = time.monotonic() - began
            if response.status_code != 200:
                answer.error = _sentence(response)
            else:
                answer.outputs = orjson.loads(response.content)["data"]
            return answer
        joined = await self._join(body, answer)
        await self._follow(joined, answer, began)
        if answer.outputs is not None:
            answer.outputs = [answer.outputs[place] for place in event.shown]
        return answer

    async def _join(self, body: dict[str, Any], answer: Answer) -> str:
        for _ in range(RETRIES):
            response = await self._client.post(
                f"{self._api}queue/join", json=body, headers=self._headers
            )
            if response.status_code not in (429, 503):
                identity: str = response.raise_for_status().json()["event_id"]
                return identity
            answer.refusals.append(_sentence(response))
            await asyncio.sleep(_pause(response))
        raise Refused(answer.refusals[-1])

    async def _follow(self, joined: str, answer: Answer, began: float) -> None:
        order = _Order(joined, answer.complaints)
        done = False
        async for message in self._messages():
            order.judge(message)
            kind = message["msg"]
            if kind == "unexpected_error":
                raise Lost(message.get("message") or kind)
            if message.get("event_id") != joined:
                continue
            if kind == "process_starts":
                answer.waited = time.monotonic() - began
            elif kind == "process_generating":
                answer.steps += 1
            elif kind == "process_completed":
                done = True
                answer.seconds = time.monotonic() - began
                output = message["output"]
                if message["success"]:
                    answer.outputs = output.get("data")
                else:
                    answer.error = output.get("error") or "no sentence"
        if not done:
            raise Lost("the stream ended without an answer")

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        """All that the queue tells this session, until it says that this is all."""
        async with self._client.stream(
            "GET",
            f"{self._api}queue/data",
            params={"session_hash": self.session},
            timeout=httpx.Timeout(ANSWER_WITHIN, read=ANSWER_WITHIN),
        ) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    message = orjson.loads(line[6:])
                    if message["msg"] == "close_stream":
                        return
                    yield message

    async def _heartbeat(self) -> None:
        with contextlib.suppress(httpx.HTTPError):
            async with self._client.stream(
                "GET", f"{self._api}heartbeat/{self.session}", timeout=None
            ) as response:
                async for _ in response.aiter_lines():
                    pass
        self.complaints.append("the heartbeat ended")

    async def _look(self, interval: float, event: Event) -> None:
        await asyncio.sleep(interval * secrets.randbelow(1000) / 1000)
        while True:
            began = time.monotonic()
            try:
                answer = await self._run(event, event.data({}))
            except httpx.HTTPError as error:
                self.complaints.append(f"a look of the timer failed: {type(error).__name__}")
            else:
                self.refreshes.append(answer.seconds)
                if answer.error is not None:
                    self.complaints.append(f"a look of the timer was answered: {answer.error}")
                elif isinstance(new := (answer.outputs or [None])[-1], dict):
                    interval = new.get("value") or interval  # with many open each looks less often
            # A browser's timer does not wait for the last answer, but ours must not pile up.
            await asyncio.sleep(max(0.0, interval - (time.monotonic() - began)))


class _Order:
    """Whether an event's messages come as they should."""

    def __init__(self, joined: str, complaints: list[str]) -> None:
        self._joined, self._complaints = joined, complaints
        self._rank: int | None = None
        self._phase = "waiting"

    def judge(self, message: dict[str, Any]) -> None:
        kind, of = message["msg"], message.get("event_id")
        if kind in ("heartbeat", "unexpected_error"):
            return
        if of != self._joined:
            self._complaints.append(f"a {kind} of another event")
        elif kind == "estimation":
            self._estimate(message)
        elif kind == "process_starts":
            self._expect(kind, "waiting")
            self._phase = "running"
        else:
            # An event that is cancelled while it waits is completed without having begun.
            self._expect(kind, "running")
            if kind == "process_completed":
                self._phase = "over"

    def _estimate(self, message: dict[str, Any]) -> None:
        self._expect("estimation", "waiting")
        rank, size, eta = message["rank"], message["queue_size"], message["rank_eta"]
        if not 0 <= rank < size:
            self._complaints.append(f"place {rank} of {size} in the queue")
        if self._rank is not None and rank > self._rank:
            self._complaints.append(f"place {rank} in the queue after {self._rank}")
        if eta is not None and eta < 0:
            self._complaints.append(f"{eta:.1f} s to wait")
        self._rank = rank

    def _expect(self, kind: str, phase: str) -> None:
        if self._phase != phase:
            self._complaints.append(f"{kind} while it was {self._phase}")


def _pause(response: httpx.Response) -> float:
    """Seconds after which the server wants to be asked again; told at most a minute here."""
    told = response.headers.get("retry-after", "")
    return min(60.0, float(told)) if told.isdigit() else 5.0


def _sentence(response: httpx.Response) -> str:
    try:
        told = response.json()
    except ValueError:
        return response.text[:200]
    if isinstance(told, dict):
        return str(told.get("detail") or told.get("error") or told)[:200]
    return str(told)[:200]


class _Pools(httpx.AsyncBaseTransport):
    """Several pools in turn: httpx looks through a whole pool at every request.

    With one for 200 visitors that took more of the machine than the app.
    """

    def __init__(self, count: int) -> None:
        # The server closes an idle connection after 5 s. A browser that sends just then asks
        # again; httpx would not, so it lets go first.
        limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0
        )
        self._pools = [httpx.AsyncHTTPTransport(limits=limits, verify=False) for _ in range(count)]
        self._turns = itertools.cycle(self._pools)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await next(self._turns).handle_async_request(request)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


def client() -> httpx.AsyncClient:
    """For all visitors of a program: as many connections as they need, to this machine."""
    return httpx.AsyncClient(transport=_Pools(32), timeout=httpx.Timeout(120.0))
