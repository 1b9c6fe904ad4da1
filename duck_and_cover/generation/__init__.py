"""Making covers with a trained generator; needs PyTorch, safetensors and Pillow, not Lightning."""
