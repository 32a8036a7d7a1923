"""Tiny Stable Diffusion models with random weights, stored as published ones are.

They make coloured noise, but through the same classes, files and steps as a model of gigabytes.
"""

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from peft import LoraConfig, get_peft_model_state_dict
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

TEXT = 16  # width of the text encoder


def tokenizer(folder):
    """A CLIP tokenizer that knows single letters."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,"
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77
    )


def text_config(words):
    return CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=TEXT,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        projection_dim=TEXT,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.eos_token_id,
    )


def unet(**changes):
    return UNet2DConditionModel(
        **{
            "sample_size": 8,
            "block_out_channels": (16, 32),
            "layers_per_block": 1,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": TEXT,
            "attention_head_dim": 4,
            "norm_num_groups": 8,
            **changes,
        }
    )


def vae():
    return AutoencoderKL(
        block_out_channels=[8, 8, 16, 16],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
    )


def scheduler():
    return DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")


def model(folder: Path, seed=0, blocks=None, pickled=False):
    """Store a tiny Stable Diffusion 1. blocks: a safety checker that blocks all, or nothing."""
    torch.manual_seed(seed)
    words = tokenizer(folder.with_name(folder.name + "-words"))
    checker = None if blocks is None else _safety_checker(blocks)
    pipe = StableDiffusionPipeline(
        vae=vae(),
        text_encoder=CLIPTextModel(text_config(words)),
        tokenizer=words,
        unet=unet(),
        scheduler=scheduler(),
        safety_checker=checker,
        feature_extractor=None if blocks is None else CLIPImageProcessor(),
        requires_safety_checker=False,
    )
    pipe.save_pretrained(folder, safe_serialization=True)
    if pickled:
        path = folder / "unet" / "diffusion_pytorch_model"
        path.with_suffix(".safetensors").unlink()
        torch.save(pipe.unet.state_dict(), path.with_suffix(".bin"))
    return folder


def xl_model(folder: Path):
    """Store a tiny Stable Diffusion XL."""
    torch.manual_seed(0)
    words = tokenizer(folder.with_name(folder.name + "-words"))
    pipe = StableDiffusionXLPipeline(
        vae=vae(),
        text_encoder=CLIPTextModel(text_config(words)),
        text_encoder_2=CLIPTextModelWithProjection(text_config(words)),
        tokenizer=words,
        tokenizer_2=words,
        unet=unet(
            cross_attention_dim=2 * TEXT,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + TEXT,
        ),
        scheduler=scheduler(),
    )
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def lora(folder: Path, **unet_changes):
    """Store a LoRA with large random weights; ``unet_changes`` make one for another U-Net."""
    torch.manual_seed(1)
    network = unet(**unet_changes)
    layers = ["to_q", "to_k", "to_v", "to_out.0"]
    network.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=layers))
    weights = {
        name: torch.randn_like(value) for name, value in get_peft_model_state_dict(network).items()
    }
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=weights)
    return folder


def smooth_pictures(count, generator):
    """(N, 3, 64, 64) in 0..1."""
    coarse = torch.rand(count, 3, 3, 3, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=64, mode="bilinear")


def small(pictures):
    return torch.nn.functional.avg_pool2d(pictures, 8)


def colour_vae():
    """A VAE trained, for seconds, to mix the colours of a place in its latents.

    Published ones do so too; one with random weights normalises the colours away.
    """
    torch.manual_seed(0)
    network = vae()
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(3, 4, generator=generator)
    optimizer = torch.optim.Adam(network.encoder.parameters(), lr=5e-3)
    for _ in range(100):
        pictures = smooth_pictures(4, generator)
        latents = network.encode(pictures * 2 - 1).latent_dist.mode()
        wanted = torch.einsum("nchw,cl->nlhw", small(pictures) * 2 - 1, mix)
        loss = (latents - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


def _safety_checker(blocks):
    vision = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 224,
        "patch_size": 56,
    }
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=8))
    # The checker compares a cosine, -1 to 1, with these: below all of them, or above.
    for thresholds in (checker.concept_embeds_weights, checker.special_care_embeds_weights):
        torch.nn.init.constant_(thresholds, -2.0 if blocks else 2.0)
    torch.nn.init.normal_(checker.concept_embeds)
    torch.nn.init.normal_(checker.special_care_embeds)
    return checker
