"""Audio features a genre plausibly has, on the scales the public music services use."""

from random import Random

from duck_and_cover.audio_features import AUDIO_FEATURES

# Typical values in the order of AUDIO_FEATURES.
_TYPICAL: dict[str, tuple[float, ...]] = {
    "ambient": (0.25, 0.18, -20, 0.04, 0.80, 0.88, 0.11, 0.18, 92, 32),
    "blues": (0.52, 0.45, -11, 0.06, 0.55, 0.12, 0.20, 0.55, 108, 34),
    "classical": (0.28, 0.18, -22, 0.04, 0.94, 0.80, 0.13, 0.25, 100, 30),
    "country": (0.58, 0.60, -8, 0.04, 0.35, 0.02, 0.17, 0.60, 122, 48),
    "disco": (0.75, 0.75, -9, 0.05, 0.15, 0.10, 0.15, 0.85, 118, 44),
    "drum and bass": (0.56, 0.90, -5, 0.08, 0.03, 0.45, 0.20, 0.38, 174, 38),
    "folk": (0.50, 0.32, -13, 0.04, 0.80, 0.10, 0.14, 0.42, 112, 38),
    "hip hop": (0.74, 0.66, -7, 0.24, 0.16, 0.02, 0.19, 0.52, 96, 58),
    "jazz": (0.52, 0.34, -15, 0.05, 0.76, 0.48, 0.15, 0.50, 114, 30),
    "k-pop": (0.68, 0.80, -4, 0.08, 0.14, 0.01, 0.18, 0.62, 124, 62),
    "psychedelic rock": (0.42, 0.64, -10, 0.05, 0.22, 0.28, 0.19, 0.48, 122, 40),
    "punk": (0.42, 0.92, -6, 0.08, 0.03, 0.05, 0.24, 0.58, 162, 40),
    "reggae": (0.74, 0.52, -9, 0.11, 0.20, 0.06, 0.15, 0.76, 138, 42),
    "synthwave": (0.62, 0.70, -8, 0.04, 0.05, 0.60, 0.15, 0.48, 112, 36),
    "techno": (0.74, 0.76, -9, 0.06, 0.04, 0.84, 0.12, 0.30, 132, 34),
    "thrash metal": (0.34, 0.95, -6, 0.09, 0.01, 0.22, 0.23, 0.28, 168, 38),
}


def audio_features(genre: str, rng: Random) -> dict[str, float]:
    """Ten features scattered around the genre's typical values."""
    features = {}
    for name, typical in zip(AUDIO_FEATURES, _TYPICAL[genre], strict=True):
        if name == "loudness":
            value = max(-40.0, min(0.0, typical + rng.uniform(-3, 3)))
        elif name == "tempo":
            value = typical + rng.uniform(-14, 14)
        elif name == "popularity":
            value = float(round(max(0, min(100, typical + rng.uniform(-25, 25)))))
        else:
            value = max(0.0, min(1.0, typical + rng.uniform(-0.12, 0.12)))
        features[name] = round(value, 4)
    return features
