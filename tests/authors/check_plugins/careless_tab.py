import gradio as gr


def build(backend) -> None:
    text = gr.Textbox("hello", label="Text")
    answer = gr.Textbox(label="Answer")

    def careless_shout(text):
        return backend.shout(text)

    def careless_whisper(text: str) -> str:
        """Whisper a text."""
        return backend.whisper(text)

    def careless_two(text: str, more: str = "", *, mood: str = "") -> str:
        """A text."""
        return text

    def careless_both(text: str, more: str) -> str:
        """Two texts, of which it gets one."""
        return f"{text} {more}"

    gr.Button().click(careless_two, text, answer, api_name="careless_two")
    gr.Button().click(careless_both, text, answer, api_name="careless_both")
    gr.Button().click(careless_shout, text, answer, api_name="careless_shout")
    gr.Button().click(careless_whisper, text, answer, api_name="careless_whisper")
    gr.Button().click(careless_whisper, text, answer, api_name="careless_whisper")
    gr.Button().click(careless_whisper, text, answer, api_name="whisper")
    gr.Button().click(careless_whisper, text, answer, api_name="gan_whisper")
