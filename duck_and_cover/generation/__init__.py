"""Making covers with a trained generator; needs PyTorch, safetensors and Pillow, not Lightning."""

SHIPPED = "pretrained"  # the name of the generator that comes with the package
