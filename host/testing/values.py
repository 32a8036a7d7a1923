"""What to call an event with: its examples, what the page shows, or a guess."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction

from host.testing import files


@dataclass(frozen=True)
class Case:
    """Values for an event's inputs, in the form in which a client sends them.

    guessed: labels of the inputs whose values the check made up.
    """

    values: list[Any]
    from_examples: bool
    guessed: tuple[str, ...]


def inputs(function: BlockFunction) -> list[Any]:
    """The inputs that a client gives values for."""
    return [each for each in function.inputs if not getattr(each, "skip_api", False)]


def cases(page: gr.Blocks, function: BlockFunction, folder: Path) -> list[Case]:
    """One for each sample of a ``gr.Examples`` with these inputs; one if there is none."""
    wanted = {component._id for component in inputs(function)}
    base: dict[int, Any] = {}
    more: list[dict[int, Any]] = []
    for dataset in page.blocks.values():
        if isinstance(dataset, gr.Dataset):
            samples = [each for sample in dataset.raw_samples if (each := _of(dataset, sample))]
            samples = [
                {key: value for key, value in sample.items() if key in wanted} for sample in samples
            ]
            if samples and samples[0]:
                base = {**samples[0], **base}
                more += samples[1:]
    given = [base, *({**base, **sample} for sample in more)]
    return [_case(function, values, folder) for values in given]


def _of(dataset: gr.Dataset, sample: list[Any]) -> dict[int, Any]:
    pairs = zip(dataset._components, sample, strict=False)
    return {component._id: _payload(component, value) for component, value in pairs}


def _payload(component: Any, value: Any) -> Any:
    """A sample as a client would send it."""
    sent = component.postprocess(value)
    return sent.model_dump() if hasattr(sent, "model_dump") else sent


def _case(function: BlockFunction, given: dict[int, Any], folder: Path) -> Case:
    optional = _optional(function)
    values, guessed = [], []
    for component in inputs(function):
        value = given.get(component._id)
        if value is None:
            value = component.value
        if value in (None, "", []) and component._id not in optional:
            guess = _guess(component, folder)
            if guess is not None:
                value = guess
                guessed.append(label(component))
        values.append(value)
    return Case(values, bool(given), tuple(guessed))


def label(component: Any) -> str:
    return str(getattr(component, "label", None) or type(component).__name__)


def _optional(function: BlockFunction) -> set[int]:
    """Inputs whose parameter has a default: the function means to do without."""
    parameters = [
        each
        for each in inspect.signature(inspect.unwrap(function.fn)).parameters.values()
        if not isinstance(each.default, gr.Progress)
        and "Request" not in str(each.annotation)
        and "OAuth" not in str(each.annotation)
    ]
    pairs = zip(function.inputs, parameters, strict=False)
    return {component._id for component, each in pairs if each.default is not each.empty}


def _guess(component: Any, folder: Path) -> Any:
    match component:
        case gr.ImageEditor():
            drawn = files.sent(files.picture(folder))
            return {"background": drawn, "layers": [], "composite": drawn}
        case gr.Image():
            return files.sent(files.picture(folder))
        case gr.Gallery():
            return [{"image": files.sent(files.picture(folder)), "caption": None}]
        case gr.Audio():
            return files.sent(files.sound(folder))
        case gr.File() | gr.UploadButton():
            path = files.guessed(folder, component.file_types or [])
            many = component.file_count != "single"
            return path and ([files.sent(path)] if many else files.sent(path))
        case gr.Textbox() | gr.Code():
            return "A short text"
        case gr.Number() | gr.Slider():
            return component.minimum if component.minimum is not None else 1
        case gr.Dropdown() | gr.Radio() | gr.CheckboxGroup():
            first = component.choices[0][1] if component.choices else None
            many = isinstance(component, gr.CheckboxGroup) or getattr(
                component, "multiselect", False
            )
            return [first] if many and first is not None else first
        case gr.Checkbox():
            return False
        case gr.ColorPicker():
            return "#336699"
        case gr.JSON():
            return {}
        case gr.Dataframe():
            return {"headers": ["a", "b"], "data": [[1, 2], [3, 4]]}
    return None


@dataclass(frozen=True)
class Bad:
    """A value of the right kind with a content that no function expects."""

    what: str
    value: Any


def bad(component: Any, folder: Path) -> Iterator[Bad]:
    """The most telling first."""
    match component:
        case gr.ImageEditor():
            yield Bad("nothing", None)
            yield Bad("an empty drawing", {"background": None, "layers": [], "composite": None})
        case gr.Image():
            yield Bad("no picture", None)
            yield Bad("a picture of 1 x 1 pixels", files.sent(files.picture(folder, 1, 1)))
            yield Bad("a file that is no picture", files.sent(files.junk(folder, ".png")))
            yield Bad("a picture of 2000 x 1 pixels", files.sent(files.picture(folder, 2000, 1)))
        case gr.File() | gr.UploadButton():
            yield from _bad_files(component, folder)
        case gr.Gallery() | gr.CheckboxGroup():
            yield Bad("nothing", [])
        case gr.Slider():
            yield Bad("no number", None)
            yield Bad("not-a-number (NaN)", float("nan"))
        case gr.Dropdown() | gr.Radio():
            yield Bad("no choice", [] if getattr(component, "multiselect", False) else None)
            if getattr(component, "allow_custom_value", False):
                yield Bad("a choice that is not there", "no such choice")
        case gr.Number():
            yield from _bad_numbers()
        case gr.Textbox() | gr.Code():
            yield from _bad_texts()
        case gr.Checkbox():
            return
        case _:
            # An author's own component: what it holds tells what it takes.
            if isinstance(component.value, bool):
                return
            if isinstance(component.value, str):
                yield from _bad_texts()
            elif isinstance(component.value, int | float):
                yield from _bad_numbers()
            else:
                yield Bad("nothing", None)


def _bad_files(component: Any, folder: Path) -> Iterator[Bad]:
    suffix = next((each for each in component.file_types or [] if each.startswith(".")), ".png")
    many = component.file_count != "single"
    yield Bad("no file", None)
    for what, path in (
        ("a file that is not what its name says", files.junk(folder, suffix)),
        ("an empty file", files.junk(folder, suffix, b"")),
    ):
        yield Bad(what, [files.sent(path)] if many else files.sent(path))


def _bad_numbers() -> Iterator[Bad]:
    yield Bad("not-a-number (NaN)", float("nan"))
    yield Bad("no number", None)
    yield Bad("-1", -1)
    yield Bad("1e308", 1e308)
    yield Bad("infinity", float("inf"))


def _bad_texts() -> Iterator[Bad]:
    yield Bad("an empty text", "")
    yield Bad("10,000 characters", "long " * 2000)
    yield Bad("a text of odd characters", "\x00\u202e\U0001f600</script>'\"%s{}\\")
