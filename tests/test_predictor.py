import numpy as np
import pytest
import torch

from ser_live import predictor as module
from ser_live.audio.decode import read_audio
from ser_live.config import Config
from ser_live.errors import BackendError
from ser_live.predictor import Predictor, aggregate, resolve_device
from ser_live.speech.windower import Window, Windower


@pytest.fixture(scope="module")
def windows(demo_clip):
    samples, rate = read_audio(demo_clip)
    windower = Windower(Config(), rate)
    events = windower.push(samples) + windower.flush()
    found = [e.samples for e in events if isinstance(e, Window)]
    assert len(found) > 10
    return found


def test_probabilities(predictor, windows):
    p = predictor.predict(windows[:3])
    assert p.shape == (3, 14) and p.dtype == np.float64
    np.testing.assert_allclose(p.sum(1), 1)
    assert (p >= 0).all()
    assert predictor.predict([]).shape == (0, 14)


def test_gain_moves_no_probability(predictor, windows):
    for window in windows[:: max(1, len(windows) // 8)]:
        reference = predictor.predict([window])
        for gain_db in (-12, 12):
            scaled = window * np.float32(10 ** (gain_db / 20))
            assert np.abs(predictor.predict([scaled]) - reference).max() <= 0.01


def test_where_a_window_begins_hardly_matters_to_a_steady_answer(predictor, demo_clip):
    """The same speech cut up to 30 ms earlier or later, as another playing of it is."""
    samples, rate = read_audio(demo_clip)
    speech = samples[int(0.3 * rate) : int(3.1 * rate)]
    assert rate == predictor.config.audio.sample_rate
    cuts = [speech[n:] for n in range(0, int(0.03 * rate), int(0.0025 * rate))]

    def spread(p):
        emotions = p.reshape(-1, 2, 7).sum(1)
        return max(0.5 * np.abs(a - b).sum() for a in emotions for b in emotions)

    once, steady = predictor.predict(cuts), predictor.predict_steady(cuts)
    assert steady.shape == once.shape and steady.dtype == np.float64
    np.testing.assert_allclose(steady.sum(1), 1)
    assert spread(steady) < 0.6 * spread(once)


def test_a_steady_answer_is_that_of_four_beginnings(predictor, windows):
    hop = predictor.config.features.hop_length
    window = windows[0]
    parts = [window[k * (hop // 2) :] for k in range(4)]
    expected = aggregate(predictor.predict(parts))
    other = predictor.predict([np.zeros(100, np.float32)])[0]  # too short to begin later
    p = predictor.predict_steady([window, np.zeros(100, np.float32)])
    # Of other batches matrix kernels may add in another order.
    np.testing.assert_allclose(p, [expected, other], atol=0.02)
    assert predictor.predict_steady([]).shape == (0, 14)
    with pytest.raises(ValueError):
        predictor.predict_steady([np.zeros(0, np.float32)])


def test_answers_equal_the_unfused_model_in_float32(checkpoint, windows):
    predictor = Predictor(checkpoint, "cpu")
    predictor.precision = "float32"
    features = predictor._extract(windows[0])
    with torch.inference_mode():
        model = checkpoint.model
        values, mask = features.values[None], features.mask[None]
        logits = model(model.normalise(values, mask), mask).double()
    expected = torch.softmax(logits / checkpoint.config.decision.temperature, 1)
    np.testing.assert_allclose(predictor.predict(windows[:1]), expected.numpy(), atol=1e-4)


def test_one_program_decides_for_a_precision_once(checkpoint, monkeypatch):
    monkeypatch.setattr(module, "_CHOSEN", {})
    times = iter([2.0, 1.0, 1.0, 2.0])  # float32, bfloat16: first the one is faster, then the other
    monkeypatch.setattr(Predictor, "_warm_up", lambda _: next(times))
    assert Predictor(checkpoint, "cpu").precision == "bfloat16"
    assert Predictor(checkpoint, "cpu").precision == "bfloat16"
    assert list(times) == [2.0]  # and timed it once
    module._CHOSEN.clear()
    times = iter([1.0, 2.0])
    assert Predictor(checkpoint, "cpu").precision == "float32"


def test_both_precisions_agree(checkpoint, windows):
    predictor = Predictor(checkpoint, "cpu")
    answers = []
    for predictor.precision in ("float32", "bfloat16"):
        answers.append(predictor.predict(windows[:4]))
    assert np.abs(answers[0] - answers[1]).max() < 0.05


def test_a_failing_gpu_is_replaced_by_the_cpu_and_nothing_is_lost(checkpoint, windows, monkeypatch):
    said = []
    predictor = Predictor(checkpoint, "cpu", on_fallback=said.append)
    expected = predictor.predict(windows[:2])
    predictor.device = torch.device("meta")  # stands for a GPU: its results cannot be read

    p = predictor.predict(windows[:2])
    assert predictor.device.type == "cpu" and len(said) == 1
    assert "CPU" in said[0] and "\n" not in said[0]
    assert np.abs(p - expected).max() < 0.05


def test_devices():
    assert resolve_device("cpu").type == "cpu"
    assert resolve_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(BackendError, match="tpu"):
        resolve_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(BackendError, match="cuda"):
            resolve_device("cuda")


def test_aggregate_is_the_normalised_geometric_mean():
    a, b = np.random.default_rng(0).dirichlet(np.ones(14), size=2)
    product = np.sqrt(a * b)
    np.testing.assert_allclose(aggregate(np.stack([a, b])), product / product.sum())
    np.testing.assert_allclose(aggregate(a[None]), a)
