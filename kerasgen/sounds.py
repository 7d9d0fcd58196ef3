"""Melodies as sound: plain tones, written as WAV files."""

import wave

import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.images import write_atomic

RATE = 16_000  # values a second
PARTIALS = (1.0, 0.4, 0.2, 0.1)  # loudness of a tone's partials
ATTACK, RELEASE, DECAY = 0.01, 0.05, 1.2  # seconds
PAUSE = 1.0  # seconds between melodies
PEAK = 0.8


def melody_sound(length, pitch, intensity, wait, tempo=120, rate=RATE):
    """Returns how a melody sounds.

    Args:
        length, wait: float arrays `(tones,)`, in beats: of a tone, and from the begin
            of the one before to its own.
        pitch: float array `(tones,)`, in semitones; 69 is 440 Hz.
        intensity: float array `(tones,)`, in `[0, 1]`.
        tempo: number, beats a minute.
        rate: int, values a second.

    Returns:
        float32 array of one channel, in `[-1, 1]`.
    """
    second = check_number("tempo", tempo, 1e-3) / 60.0  # beats
    rate = check_int("rate", rate)
    start = np.cumsum(np.maximum(np.asarray(wait, "float64"), 0.0)) / second
    seconds = np.maximum(np.asarray(length, "float64"), 0.0) / second
    total = float((start + seconds).max()) + RELEASE
    sound = np.zeros(int(np.ceil(total * rate)) + 1)
    hertz = 440.0 * 2.0 ** ((np.asarray(pitch, "float64") - 69.0) / 12.0)
    for tone in zip(start, seconds, hertz, intensity, strict=True):
        first, made = int(tone[0] * rate), _tone(*tone[1:], rate)
        sound[first : first + len(made)] += made[: len(sound) - first]
    loudest = np.abs(sound).max()
    return (sound * (PEAK / loudest if loudest > 0 else 0.0)).astype("float32")


def save_wave(path, sounds, rate=RATE):
    """Writes sounds one after the other to a WAV file of 16 bits, wholly or not at all.

    Args:
        path: the file's path. Its folders are made when they are missing.
        sounds: list of float arrays of one channel, in `[-1, 1]`.
        rate: int, values a second.
    """
    pause = np.zeros(int(PAUSE * rate))
    parts = [part for sound in sounds for part in (sound, pause)][:-1]
    values = np.round(np.clip(np.concatenate(parts), -1.0, 1.0) * 32767).astype("<i2")

    def write(file):
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(check_int("rate", rate))
            writer.writeframes(values.tobytes())

    write_atomic(path, write)


def _tone(seconds, hertz, intensity, rate):
    """Returns one tone: it begins softly, fades, and ends softly."""
    time = np.arange(int((seconds + RELEASE) * rate)) / rate
    shape = np.minimum(time / ATTACK, 1.0) * np.exp(-time / DECAY)
    shape *= np.clip((seconds + RELEASE - time) / RELEASE, 0.0, 1.0)
    partials = [
        loudness * np.sin(2.0 * np.pi * n * hertz * time)
        for n, loudness in enumerate(PARTIALS, 1)
        if n * hertz < rate / 2.0
    ]
    return float(intensity) * shape * sum(partials, np.zeros(len(time)))
