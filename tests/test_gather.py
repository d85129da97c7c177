"""What a user named, and what can be analysed of it."""

import numpy as np
import soundfile as sf

from ser_live.gather import expand, gather


def sound(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, np.zeros(800, np.float32), 8000, format="WAV")
    return path


def test_folders_give_their_sounds_and_the_rest_is_named(tmp_path):
    inner = sound(tmp_path / "talks" / "b" / "two.wav")
    first = sound(tmp_path / "talks" / "a.WAV")
    sound(tmp_path / "talks" / ".hidden.wav")
    (tmp_path / "talks" / "notes.txt").write_text("x")
    session = tmp_path / "talks" / "old.serlive"
    session.write_bytes(b"")
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(b"%PDF-1.4 nothing to hear")
    (tmp_path / "none").mkdir()
    odd = sound(tmp_path / "odd.sound")  # no suffix of a sound, and yet one
    got = gather([tmp_path / "talks", pdf, inner, tmp_path / "none", tmp_path / "gone.wav", odd])
    assert got.files == [first, inner, session, odd]  # each once
    assert len(got.rejected) == 3
    assert "report.pdf" in got.rejected[0] and "not a sound file" in got.rejected[0]
    assert got.rejected[1] == "none holds no sound file"
    assert got.rejected[2] == "gone.wav is not there"


def test_a_broken_sound_is_kept_for_the_list(tmp_path):
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    assert gather([empty]).files == [empty]


def test_expand_keeps_a_folder_without_sound(tmp_path):
    assert expand([str(tmp_path)]) == [tmp_path]
