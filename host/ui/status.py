"""Where each plugin runs and how it is: one line above its tab, and the Plugins tab."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from html import escape

import gradio as gr

from host.access import operator
from host.devices import DeviceError
from host.executors.status import Status, best
from host.host import Host
from host.plugin import UserError
from host.plugins import Found

_STATES = {
    "new": "not started",
    "starting": "warming up",
    "ready": "ready",
    "broken": "not available",
    "stopped": "stopped",
}


def line(found: Found, workers: list[Status]) -> str:
    """HTML of the line above a plugin's tab."""
    if not workers:
        return ""
    devices = ", ".join(dict.fromkeys(_real_device(worker) for worker in workers))
    framework = found.plugin.framework if found.plugin else None
    parts = [_dot(_overall(workers)), f"Runs on <b>{escape(devices)}</b>"]
    if framework:
        parts.append(escape({"tensorflow": "TensorFlow", "torch": "PyTorch"}.get(framework, "JAX")))
    if len(workers) > 1:
        parts.append(f"{len(workers)} workers")
    waiting = sum(worker.waiting for worker in workers)
    if waiting:
        parts.append(f"{waiting} waiting")
    html = f"<div class='worker-line'>{' · '.join(parts)}</div>"
    broken = [worker for worker in workers if worker.state == "broken"]
    if len(broken) == len(workers):
        html += (
            f"<div class='worker-broken' role='alert'><b>{escape(found.title)} is not available "
            f"at the moment.</b> {escape(broken[0].sentence)}</div>"
        )
    return html


def _real_device(worker: Status) -> str:
    """The device it was given, unless the backend says that it could not use that GPU."""
    told = worker.health.get("device", "")
    return told if told.startswith("cpu") and worker.device.startswith("cuda") else worker.device


def _overall(workers: list[Status]) -> str:
    state = best(worker.state for worker in workers) or "stopped"
    return "busy" if state == "ready" and all(worker.busy for worker in workers) else state


def _dot(state: str) -> str:
    return f"<span class='worker-{state}'>●</span> {_STATES.get(state, state)}"


def table(statuses: Sequence[tuple[Found, list[Status]]], details: bool) -> str:
    """HTML of every plugin and worker.

    details: show process ids and what exceptions said. They may hold paths of the server or
    words of another visitor, so only a page that the public cannot open has them.
    """
    rows = []
    for found, workers in statuses:
        cells = [
            f"<b>{escape(found.title)}</b><br><small>{_about(found)}</small>",
            escape(found.version),
            escape(found.origin),
        ]
        if found.error:
            told = _first_line(found.error) if details else "see the log"
            nothing = ["-", _dot("broken"), "-", "-", "-", escape(told)]
            rows.append(cells + nothing)
        elif found.missing:
            nothing = ["-", "not installed", "-", "-", "-", escape(found.missing)]
            rows.append(cells + nothing)
        elif not workers:
            rows.append([*cells, "-", "no worker needed", "-", "-", "-", ""])
        for worker in workers:
            rows.append(cells + _worker_cells(worker, details))
            cells = ["", "", ""]
    heads = "Plugin Version Origin Device State Memory Calls Restarts".split()
    head = "".join(f"<th>{name}</th>" for name in [*heads, "Last error"])
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table class='plugins'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _about(found: Found) -> str:
    return escape(found.plugin.description if found.plugin else found.name)


def _worker_cells(worker: Status, details: bool) -> list[str]:
    state = _dot(_overall([worker]))
    if details and worker.pid is not None:
        state += f"<br><small>process {worker.pid}</small>"
    for key, value in worker.health.items():
        state += f"<br><small>{escape(key)}: {escape(value)}</small>"
    memory = "-" if worker.memory is None else f"{worker.memory / 2**20:.0f} MB"
    return [
        escape(_real_device(worker)),
        state,
        memory,
        str(worker.calls),
        str(worker.restarts),
        _error(worker, details),
    ]


def _error(worker: Status, details: bool) -> str:
    if not worker.last_error or details:
        return escape(_first_line(worker.last_error))
    return "see the log"


def build_tab(host: Host) -> gr.HTML:
    """The Plugins tab. Returns its table, for the page's timer to refresh."""
    gr.Markdown(
        "Every plugin runs in a worker process of its own. One that crashes is started again at "
        "its next call and takes nothing with it."
    )
    view = gr.HTML(
        table(host.statuses(), operator.is_local(host.settings)), elem_id="plugins-table"
    )
    names = [(found.title, found.name) for found, workers in host.statuses() if workers]
    if names and operator.possible(host.settings):
        _operators_row(host, view, names)
    return view


def _operators_row(host: Host, view: gr.HTML, names: list[tuple[str, str]]) -> None:
    with gr.Row(equal_height=True):
        plugin = gr.Dropdown(names, value=names[0][1], label="Plugin")
        chosen = gr.Dropdown(host.device_names, value=["auto"], multiselect=True, label="Devices")
        # Without a token there is nothing to type: only this machine can open the page.
        token = gr.Textbox(
            label="Operator token",
            type="password",
            visible=bool(operator.token_of(host.settings)),
            value="",
        )
        restart_button = gr.Button("Restart its worker", elem_id="restart-worker")
        move_button = gr.Button("Move it to these devices", elem_id="move-worker")

    def restart(name: str, given: str, request: gr.Request) -> str:
        with _told():
            operator.require(host.settings, request, given)
            host.restart(name)
        return table(host.statuses(), operator.is_local(host.settings))

    def move(name: str, devices: list[str], given: str, request: gr.Request) -> str:
        with _told():
            operator.require(host.settings, request, given)
            if not devices:
                raise UserError("Choose one device or more.")
            host.move(name, devices)
        return table(host.statuses(), operator.is_local(host.settings))

    restart_button.click(restart, [plugin, token], view, api_visibility="private")
    move_button.click(move, [plugin, chosen, token], view, api_visibility="private")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What is wrong becomes Gradio's error, as :func:`host.ui.events.guard` does for plugins."""
    try:
        yield
    except (UserError, DeviceError) as error:
        raise gr.Error(str(error), print_exception=False) from error


def _first_line(text: str) -> str:
    """What a person reads of an error that may go on for lines."""
    return (text.splitlines() or [""])[0]
