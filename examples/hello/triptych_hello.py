"""The smallest Triptych plugin: a backend that greets, and a tab that asks for a name."""

from host import Context, Plugin, UserError, hookimpl


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="hello",
            title="Hello",
            tab="triptych_hello:build",
            backend="triptych_hello:HelloBackend",
            description="Greets you.",
        )
    )


class HelloBackend:
    """Lives in a worker process of its own."""

    def __init__(self, context: Context) -> None:
        self.greeting = context.settings.get("greeting", "Hello")

    def greet(self, name: str) -> str:
        """A greeting for ``name``, which must not be empty."""
        if not name.strip():
            raise UserError("Please write a name.")
        return f"{self.greeting}, {name.strip()}!"


def build(backend) -> None:
    """Write the tab. ``backend`` calls the HelloBackend in its worker."""
    import gradio as gr  # here, not above: the worker needs no Gradio

    def greet(name: str) -> str:
        """Greet somebody by name."""
        return backend.greet(name)

    name = gr.Textbox(label="Name", value="World")
    answer = gr.Textbox(label="Answer")
    gr.Button("Greet", variant="primary").click(greet, name, answer, api_name="hello_greet")
    gr.Examples(["World", "Ada"], name)
