"""Gradio's Blocks, with every complaint of its own told in a sentence."""

from __future__ import annotations

import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.state_holder import SessionState

from host.host import Host
from host.ui import complaints
from host.ui.leaving import Visitors


class Page(gr.Blocks):
    """The page."""

    def __init__(self, host: Host, **options: Any) -> None:
        super().__init__(**options)
        self.settings, self.visitors = host.settings, Visitors(self, host)

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        complaints.count(block_fn, inputs)
        state = state or SessionState(self)
        self._note(state, inputs, incoming=True)
        processed: list[Any] = []
        # One by one, so that it is known which of them was wrong.
        for position, (block, value) in enumerate(zip(block_fn.inputs, inputs, strict=False)):
            one = copy.copy(block_fn)
            one.inputs = [block]
            is_props = position in block_fn.component_prop_inputs
            one.component_prop_inputs = [0] if is_props else []
            current = state[block._id] if block._id in state and not block.stateful else block
            try:
                if not (is_props or block.stateful or explicit_call):
                    complaints.check(current, value)
                processed += await super().preprocess_data(one, [value], state, explicit_call)
                if not block.stateful:
                    complaints.check_files(current, value)
            except gr.Error as error:
                if error.print_exception:  # Gradio's own
                    raise complaints.about(current) from None
                raise
            except Exception as error:
                raise complaints.about(current) from error
        return processed

    async def call_function(self, block_fn: Any, *args: Any, **kwargs: Any) -> Any:
        if not block_fn.fn:
            raise complaints.wrong_event()
        try:
            return await super().call_function(block_fn, *args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            # What a plugin's event raises, host.ui.events has explained; so this is Gradio's, of
            # what a client says of the event.
            if _title(block_fn):
                raise complaints.wrong_event(error) from None
            raise

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        try:
            data = await super().postprocess_data(block_fn, predictions, state)
        except Exception as error:
            if isinstance(error, gr.Error) and not error.print_exception:
                raise
            raise complaints.our_fault(_title(block_fn) or "the page", "the answer") from error
        self._note(state, data, incoming=False)
        return data

    def handle_streaming_diffs(
        self,
        block_fn: BlockFunction,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        new = list(data)
        sent = super().handle_streaming_diffs(
            block_fn, data, session_hash, run, final, simple_format
        )
        # Gradio's page makes edits in the object that the component holds as its value. Those that
        # turn a picture into "as it was" (gr.skip) would leave a picture without a file.
        for place, value in enumerate(new):
            edited = sent[place] is not value and not final
            if edited and isinstance(value, dict) and value.get("__type__") == "update":
                sent[place] = [["replace", [], value]]
        return sent

    async def process_api(
        self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        visitor, event = kwargs.get("session_hash"), kwargs.get("event_id")
        going_on = False
        event_data = kwargs.get("event_data")
        if event_data is not None and event_data._data is None:  # its accessors would fail on that
            event_data._data = {}
        with self.visitors.at_work(visitor):
            try:
                output = await super().process_api(block_fn, inputs, *args, **kwargs)
                going_on = bool(output["is_generating"])
                return output
            except Exception as error:
                if isinstance(error, gr.Error) and not error.print_exception:
                    raise
                raise complaints.our_fault(_title(block_fn) or "the page", "an event") from error
            finally:
                # Gradio names the session after the event for a client that named none.
                if visitor is not None and visitor == event and not going_on:
                    self.visitors.served_once(visitor)

    def _note(self, state: Any, values: Any, incoming: bool) -> None:
        visitor = getattr(state, "visitor", None)
        if visitor is not None:
            self.visitors.files.use(visitor, values, incoming)


def _title(function: Any) -> str:
    """Of the plugin whose event it is, "" for the page's own."""
    return getattr(getattr(function, "fn", None), "of_plugin", "")
