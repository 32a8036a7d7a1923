import gradio as gr


def build(backend) -> None:
    text = gr.Textbox("hello", label="Text")
    answer = gr.Textbox(label="Answer")

    def careless_shout(text):
        return backend.shout(text)

    def careless_whisper(text: str) -> str:
        """Whisper a text."""
        return backend.whisper(text)

    gr.Button().click(careless_shout, text, answer, api_name="careless_shout")
    gr.Button().click(careless_whisper, text, answer, api_name="careless_whisper")
    gr.Button().click(careless_whisper, text, answer, api_name="careless_whisper")
    gr.Button().click(careless_whisper, text, answer, api_name="whisper")
    gr.Button().click(careless_whisper, text, answer, api_name="gan_whisper")
