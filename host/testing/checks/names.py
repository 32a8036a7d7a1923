"""Names of public events are stable, and nobody else's."""

from __future__ import annotations

from collections import Counter

from host.plugin import owner_of
from host.plugins import PluginError, discover
from host.testing.stage import Stage

CHECK = "event names"


def check(stage: Stage) -> None:
    own = stage.plugin.name
    others = _neighbours(stage)
    for name, times in Counter(stage.explicit).items():
        owner = owner_of(name, {own, *others})
        if not owner:
            stage.problem(
                CHECK,
                f"The event {name} does not begin with {own}_, so programs cannot call it: write "
                f'api_name="{own}_{name}", or api_visibility="private" if it is only the page\'s.',
            )
        elif owner != own:
            stage.problem(
                CHECK,
                f"The event {name} belongs to the plugin {owner}, which is here too: begin it "
                f"with {own}_.",
            )
        if times > 1:
            stage.problem(
                CHECK,
                f"{times} events are called {name}, so Gradio renames all but the first "
                f"({name}_1): give each a name of its own.",
            )
    if not stage.functions:
        stage.note(CHECK, f'It has no public event (api_name="{own}_..."): programs cannot use it.')


def _neighbours(stage: Stage) -> set[str]:
    """Names of all other plugins that are found here."""
    try:
        found = discover(stage.settings.model_copy(update={"only": [], "strict": False}))
    except PluginError:  # a wrong --disable of the operator's is no business of this plugin
        return set()
    return {item.name for item in found} - {stage.plugin.name}
