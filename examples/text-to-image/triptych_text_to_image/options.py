"""What the operator may set: ``plugins.text_to_image.options`` of the Spacefile."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

DEFAULT_MODEL = "Lykon/dreamshaper-8"


class Options(BaseModel, extra="forbid", use_attribute_docstrings=True):
    """The operator's options. Models and LoRAs are folders, or ids of the Hugging Face hub."""

    default_model: str = Field(DEFAULT_MODEL, min_length=1)
    """Chosen when a visitor chooses none."""
    models: list[str] = []
    """Further models that visitors may choose."""
    loras: list[str] = []
    """LoRAs that visitors may choose: files, folders, hub ids or OWNER/NAME/FILE.safetensors."""
    any: bool = False
    """Let visitors type any hub id, of models and LoRAs. Never a path of this machine."""
    offline: bool = False
    """Download nothing. The host's own offline setting has the same effect."""
    safety_checker: bool = True
    """Use the safety checker of a model that brings one."""
    previews: bool = True
    """Show the picture while it is made. The safety checker sees finished pictures only."""
    max_side: int = Field(768, ge=128)
    """Pixels a side."""
    max_steps: int = Field(50, ge=1)
    """Steps of one picture."""
    max_count: int = Field(4, ge=1)
    """Pictures of one call."""
    low_memory: bool | None = None
    """Decode in tiles: less memory, faint seams. None: where less than 4 GB are free."""
    cpu_bfloat16: bool = False
    """On a CPU, half the memory, and faster where it has bfloat16 instructions; less exact."""

    @property
    def choices(self) -> list[str]:
        """The models that visitors are offered, the default one first."""
        return list(dict.fromkeys([self.default_model, *self.models]))

    def is_path(self, name: str) -> bool:
        """Whether ``name`` means a file or folder of this machine, which only operators may name.

        What a visitor typed is an id of the hub, even where a folder has that name too.
        """
        if name not in (*self.choices, *self.loras):
            return False
        return name.startswith((".", "~")) or Path(name).is_absolute() or Path(name).exists()
