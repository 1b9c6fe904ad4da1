"""The audio features of a cover's album, by the names and on the scales of the music services."""

AUDIO_FEATURES = (
    "danceability",
    "energy",
    "loudness",  # decibels, about -40 to 0
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",  # beats per minute
    "popularity",  # 0 to 100; the others are shares, 0 to 1
)
