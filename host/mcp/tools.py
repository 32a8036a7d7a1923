"""Which events are tools, and what a tool takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.data_classes import FileData, ImageData, ListFiles

from host.mcp import docstrings
from host.plugin import UserError
from host.ui.blocks import Page

_UPLOADED = "/gradio_api/file="
_PICTURE = (
    "A picture: a data URL (data:image/png;base64,...), or what POST /gradio_api/upload answered."
)
_FILE = "What POST /gradio_api/upload answered for the file."


@dataclass(frozen=True)
class Tool:
    """A public event.

    schema: JSON Schema of its arguments. defaults: of those that may be left out.
    inputs: for each of Gradio's inputs, in order, the argument's name; "" for a gr.State.
    """

    name: str
    description: str
    schema: dict[str, Any]
    defaults: dict[str, Any]
    inputs: tuple[str, ...]
    function: BlockFunction

    def data(self, arguments: Mapping[str, Any]) -> list[Any]:
        """What Gradio's queue takes. Raises UserError for arguments that this tool has not."""
        properties = self.schema["properties"]
        if unknown := sorted(arguments.keys() - properties.keys()):
            raise UserError(f"{self.name} has no argument {unknown[0][:50]!r}.")
        if missing := [name for name in self.schema["required"] if name not in arguments]:
            raise UserError(f"{self.name} needs the argument {missing[0]!r}.")
        values = {**self.defaults, **arguments}
        return [
            _for_gradio(values[name], block) if name else None
            for name, block in zip(self.inputs, self.function.inputs, strict=True)
        ]


def tools_of(page: Page) -> dict[str, Tool]:
    """By name, every public event that needs nothing of what a visitor did before.

    That is left out what works on a ``gr.State`` that begins with a value: such a one, say a
    gallery, belongs to an open page.
    """
    endpoints = page.get_api_info()["named_endpoints"]
    functions = {f"/{each.api_name}": each for each in page.fns.values()}
    tools = {}
    for endpoint, info in endpoints.items():
        function = functions[endpoint]
        if function.queue and not any(_holds(block) for block in function.inputs):
            tool = _tool(function, info["parameters"])
            tools[tool.name] = tool
    return tools


def _holds(block: Any) -> bool:
    return isinstance(block, gr.State) and block.value is not None


def _tool(function: BlockFunction, parameters: list[Any]) -> Tool:
    assert function.fn is not None
    description, explained = docstrings.read(function.fn)
    left = iter(parameters)
    properties, defaults, names = {}, {}, []
    for block in function.inputs:
        if block.skip_api:
            names.append("")
            continue
        parameter = next(left)
        name = parameter["parameter_name"]
        names.append(name)
        properties[name] = _schema(parameter, block, explained.get(name, ""))
        if parameter["parameter_has_default"]:
            defaults[name] = parameter["parameter_default"]
    return Tool(
        name=str(function.api_name),
        description=description,
        schema={
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name not in defaults],
        },
        defaults=defaults,
        inputs=tuple(names),
        function=function,
    )


def _schema(parameter: Mapping[str, Any], block: Any, explained: str) -> dict[str, Any]:
    """JSON Schema of one argument."""
    model = getattr(block, "data_model", None)
    text = explained or str(parameter["label"])
    if model is ImageData:
        return {"type": "string", "description": f"{text} {_PICTURE}"}
    if _takes_files(model):
        return {"type": "string", "description": f"{text} {_FILE}"}
    schema = {**parameter["type"], "description": text}
    default = parameter.get("parameter_default")
    if isinstance(default, str | int | float | bool) and default != "":
        schema["default"] = default
    return schema


def _takes_files(model: Any) -> bool:
    return model in (FileData, ListFiles) or FileData in getattr(model, "__args__", ())


def _for_gradio(value: Any, block: Any) -> Any:
    """An argument as the component's payload. Raises UserError for a file in another form."""
    model = getattr(block, "data_model", None)
    picture = model is ImageData
    if not isinstance(value, str) or not (picture or _takes_files(model)):
        return value
    meta = {"_type": "gradio.FileData"}
    if picture and value.startswith("data:"):
        return {"path": None, "url": value}
    if value.startswith(("http://", "https://")) and _UPLOADED not in value:
        raise UserError("Please send the file itself, not its address: " + _PICTURE)
    # Gradio takes only a path that it gave to an upload.
    payload = {"path": value.rpartition(_UPLOADED)[2], "meta": meta}
    return [payload] if getattr(block, "file_count", "single") != "single" else payload
