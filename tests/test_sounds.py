"""Melodies as sound: pitch, time and loudness, and the files."""

import wave

import numpy as np
import pytest

import kerasgen
from kerasgen.command import cli
from kerasgen.features import Series
from kerasgen.features.series import TONES
from kerasgen.sounds import PAUSE, PEAK, RATE, melody_sound, save_wave

pytestmark = pytest.mark.any_backend

BOUNDS = ((0.0, 4.0), (36.0, 96.0), (0.0, 1.0), (0.0, 4.0))


def pitch_of(sound):
    """Returns the frequency at which a sound is loudest, in Hz."""
    spectrum = np.abs(np.fft.rfft(sound))
    return spectrum.argmax() * RATE / len(sound)


def test_tones_sound_at_their_time_and_frequency():
    sound = melody_sound([2.0, 2.0], [69.0, 81.0], [0.5, 1.0], [0.0, 3.0], tempo=60)
    assert sound.dtype == np.float32 and np.abs(sound).max() == pytest.approx(PEAK)
    first, second = sound[: 2 * RATE], sound[3 * RATE : 5 * RATE]
    assert pitch_of(first) == pytest.approx(440.0, abs=0.5)
    assert pitch_of(second) == pytest.approx(880.0, abs=0.5)
    assert np.abs(first).max() == pytest.approx(0.5 * np.abs(second).max(), rel=0.1)
    silence = sound[int(2.1 * RATE) : 3 * RATE]
    assert not silence.any() and len(sound) == pytest.approx(5.05 * RATE, abs=2)
    fast = melody_sound([2.0, 2.0], [69.0, 81.0], [0.5, 1.0], [0.0, 3.0], tempo=120)
    assert len(fast) == pytest.approx(2.55 * RATE, abs=2)


def test_tones_at_once_are_added_and_partials_stay_below_half_the_rate():
    both = melody_sound([1, 1], [60, 67], [1, 1], [0, 0])
    spectrum = np.abs(np.fft.rfft(both))
    hertz = np.arange(len(spectrum)) * RATE / len(both)
    for pitch in (60, 67):
        tone = 440.0 * 2 ** ((pitch - 69) / 12)
        near = np.abs(hertz - tone) < 5
        assert spectrum[near].max() > 0.3 * spectrum.max()
    high = melody_sound([1], [115], [1], [0])  # 6.3 kHz; its octave is above 8 kHz
    assert pitch_of(high) == pytest.approx(6272.0, abs=2)
    assert not melody_sound([1], [60], [0], [0]).any()


def test_melodies_follow_each_other_in_a_file(tmp_path):
    field = Series((3, 4), BOUNDS, TONES)
    x = field.example(2, np.random.default_rng(0))
    sounds = field.sounds(x)
    assert len(sounds) == 2 and not Series((3, 4), BOUNDS).is_audible
    for got, tones in zip(sounds, x, strict=True):
        np.testing.assert_array_equal(got, melody_sound(*tones.T))
    save_wave(tmp_path / "new" / "x.wav", sounds)
    with wave.open(str(tmp_path / "new" / "x.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getframerate() == RATE
        values = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
    assert len(values) == sum(map(len, sounds)) + int(PAUSE * RATE)
    np.testing.assert_allclose(values[: len(sounds[0])], sounds[0], atol=2e-5)


def test_the_command_writes_sound_where_there_is_one(tmp_path, capsys):
    model = kerasgen.gans.CRNNGAN((3, 4), BOUNDS, TONES, units=2, depth=1)
    model.save(tmp_path / "m.keras")
    kerasgen.gans.GAN((8, 8, 1), generator_units=2, discriminator_units=2).save(
        tmp_path / "images.keras"
    )
    out, wav = str(tmp_path / "s.png"), str(tmp_path / "s.wav")
    words = ["-n", "2", "--seed", "3", "--out", out, "--wav", wav]
    assert cli.main(["sample", str(tmp_path / "images.keras"), *words]) == 2
    assert "--wav must be left out" in capsys.readouterr().err
    assert cli.main(["sample", str(tmp_path / "m.keras"), *words[:-1], "s.mp3"]) == 2
    assert "--wav must end in .wav" in capsys.readouterr().err
    assert not (tmp_path / "s.png").exists()
    assert cli.main(["sample", str(tmp_path / "m.keras"), *words]) == 0
    with wave.open(wav) as file:
        assert file.getnframes() > RATE
