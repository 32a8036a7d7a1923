"""What a visitor asks for, and whether that can be had."""

from __future__ import annotations

import dataclasses
import math
import re
import secrets
from dataclasses import dataclass
from typing import Any

from host import UserError

from .options import Options
from .schedulers import DEFAULT_SCHEDULER, SCHEDULERS

MAX_PROMPT = 2000  # characters; the text encoder reads the first 77 tokens anyway
MAX_SEED = 2**32 - 1
MIN_SIDE = 64
_LCM_STEPS = 50  # an LCM was distilled from that many
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_HUB_FILE = re.compile(_HUB_ID.pattern + r"/[\w.-]{1,200}\.safetensors")


@dataclass(frozen=True)
class Request:
    """One call.

    model, lora: as the operator wrote them, or a hub id where any is allowed; "" for the default
        model and for no LoRA.
    strength: of the change to an input picture, over 0 (none) up to 1 (nothing of it is left).
    guidance: how closely the prompt is followed; 1 and below ignore the negative prompt.
    width, height: pixels, multiples of 8.
    seed: of the first picture, the next has the next number; None or -1 for a random one.
    """

    prompt: str
    negative_prompt: str = ""
    model: str = ""
    lora: str = ""
    lora_weight: float = 1.0
    scheduler: str = DEFAULT_SCHEDULER
    steps: int = 25
    guidance: float = 7.0
    width: int = 512
    height: int = 512
    seed: int | None = None
    count: int = 1
    strength: float = 0.6

    def checked(self, options: Options, has_picture: bool) -> Request:
        """The same with every default filled in. Raises UserError for what cannot be had."""
        for field in ("prompt", "negative_prompt", "model", "lora", "scheduler"):
            if not isinstance(getattr(self, field), str):
                raise UserError(f"Please give the {_words(field)} as text.")
        if not self.prompt.strip():
            raise UserError("Please describe the picture in the prompt.")
        if max(len(self.prompt), len(self.negative_prompt)) > MAX_PROMPT:
            raise UserError(f"Please use at most {MAX_PROMPT} characters in a prompt.")
        if self.scheduler not in SCHEDULERS:
            raise UserError(
                f'There is no scheduler "{self.scheduler}"; choose one of {", ".join(SCHEDULERS)}.'
            )
        most_steps = options.max_steps
        if self.scheduler == "LCM":
            most_steps = min(most_steps, _LCM_STEPS)
        seed = None if self.seed in (None, -1) else _whole("seed", self.seed, 0, MAX_SEED)
        request = dataclasses.replace(
            self,
            model=_model(self.model, options),
            lora=_lora(self.lora, options),
            lora_weight=_number("weight of the LoRA", self.lora_weight, -2, 2),
            steps=_whole("number of steps", self.steps, 1, most_steps),
            guidance=_number("guidance", self.guidance, 0, 30),
            width=_side("width", self.width, options),
            height=_side("height", self.height, options),
            seed=secrets.randbelow(MAX_SEED + 1) if seed is None else seed,
            count=_whole("number of pictures", self.count, 1, options.max_count),
            strength=_number("strength", self.strength, 0, 1),
        )
        if has_picture and int(request.steps * request.strength) < 1:
            raise UserError(
                f"A strength of {request.strength:g} leaves none of {request.steps} steps to do; "
                "choose more of either."
            )
        return request


def _model(name: str, options: Options) -> str:
    name = name.strip() or options.default_model
    if name in options.choices or (options.any and _HUB_ID.fullmatch(name)):
        return name
    if options.any:
        raise UserError(f'"{name[:99]}" is no id of a hub model; write it as OWNER/NAME.')
    raise UserError(
        f'The model "{name[:99]}" is not offered here; choose one of {", ".join(options.choices)}.'
    )


def _lora(name: str, options: Options) -> str:
    name = name.strip()
    if not name or name in options.loras:
        return name
    if options.any:
        if _HUB_ID.fullmatch(name) or _HUB_FILE.fullmatch(name):
            return name
        raise UserError(
            f'"{name[:99]}" is no LoRA of the hub; write it as OWNER/NAME or '
            "OWNER/NAME/FILE.safetensors."
        )
    offered = ", ".join(options.loras) or "none"
    raise UserError(f'The LoRA "{name[:99]}" is not offered here; those offered are: {offered}.')


def _number(what: str, value: Any, low: float, high: float) -> float:
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not number or not math.isfinite(value) or not low <= value <= high:
        raise UserError(f"Please choose a {what} from {low:g} to {high:g}.")
    return float(value)


def _whole(what: str, value: Any, low: int, high: int) -> int:
    number = not isinstance(value, bool) and isinstance(value, int | float)
    # a page's number fields send 5.0 for 5
    if not number or not math.isfinite(value) or value != int(value) or not low <= value <= high:
        raise UserError(f"Please choose a whole number from {low} to {high} as the {what}.")
    return int(value)


def _side(what: str, value: Any, options: Options) -> int:
    side = _whole(what, value, MIN_SIDE, options.max_side)
    if side % 8:
        raise UserError(f"Please choose a multiple of 8 as the {what}, such as {side // 8 * 8}.")
    return side


def _words(field: str) -> str:
    return {"lora": "LoRA"}.get(field, field.replace("_", " "))
