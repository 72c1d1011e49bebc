"""Learning rates by hand and through an optimizer; the average of the weights against a slow loop."""

import keras
import numpy as np
import pytest

from seglab.errors import InputError
from seglab.schedules import OneCycle, PolyDecay, WarmUp, WeightAverage

SCHEDULES = (
    PolyDecay(0.01, 50),
    OneCycle(0.02, 60, rise=0.25),
    WarmUp(PolyDecay(0.01, 50, power=2), 10),
    WarmUp(0.03, 5),
)


def rates(schedule, steps):
    return np.array([float(schedule(step)) for step in steps])


def test_poly_by_hand():
    # .01 * (1 - 25 / 50)**.9
    np.testing.assert_allclose(rates(PolyDecay(0.01, 50), [0, 25, 50, 80]), [0.01, 0.0053589, 0, 0], rtol=1e-4)


def test_poly_equals_keras():
    steps = range(0, 70, 7)
    reference = keras.optimizers.schedules.PolynomialDecay(0.3, 50, end_learning_rate=0, power=0.9)
    np.testing.assert_allclose(rates(PolyDecay(0.3, 50), steps), rates(reference, steps), rtol=1e-5)


def test_one_cycle_by_hand():
    # 21 steps: peak at step 5; the last step is 20.
    cycle = OneCycle(1.0, 21, rise=0.25, start_factor=10, end_factor=100)
    quarter = (1 - np.cos(np.pi / 5)) / 2  # one of five steps up
    expected = [0.1, 0.1 + 0.9 * quarter, 1.0, 0.01 + 0.99 * 0.75, 0.01 + 0.99 * 0.5, 0.01, 0.01]
    np.testing.assert_allclose(rates(cycle, [0, 1, 5, 10, 12.5, 20, 99]), expected, rtol=1e-5)
    whole = rates(cycle, range(21))
    assert (np.diff(whole[:6]) > 0).all()
    assert (np.diff(whole[5:]) < 0).all()


def test_one_cycle_has_the_factors_of_pytorch():
    first, *_, last = rates(OneCycle(1.0, 11), range(11))
    np.testing.assert_allclose([first, last], [1 / 25, 1 / 25 / 1e4], rtol=1e-3)
    assert rates(OneCycle(1.0, 1), [0])[0] == pytest.approx(1 / 25)  # the only step is the first


def test_warm_up_by_hand():
    warm = WarmUp(PolyDecay(0.5, 10, power=1), 4)
    np.testing.assert_allclose(rates(warm, range(7)), [0.1, 0.2, 0.3, 0.4, 0.5, 0.45, 0.4], rtol=1e-5)
    np.testing.assert_allclose(rates(WarmUp(0.6, 2), range(5)), [0.2, 0.4, 0.6, 0.6, 0.6], rtol=1e-5)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_schedules_are_saved_and_loaded(schedule):
    optimizer = keras.optimizers.SGD(schedule)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    steps = range(0, 80, 9)
    np.testing.assert_array_equal(rates(again._learning_rate, steps), rates(schedule, steps))
    assert type(again._learning_rate) is type(schedule)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_the_optimizer_takes_steps_of_that_length(schedule):
    # The gradient of mean(w * x) with x = 1 is 1: SGD moves w by the learning rate, and after the step the optimizer
    # shows the next one.
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizer=keras.optimizers.SGD(schedule), loss=lambda y_true, y_pred: y_pred)
    model.fit(np.ones((7, 1)), np.zeros((7, 1)), batch_size=1, verbose=0)
    assert model.get_weights()[0].item() == pytest.approx(-rates(schedule, range(7)).sum(), rel=1e-5)
    assert float(model.optimizer.learning_rate) == pytest.approx(float(schedule(7)), rel=1e-5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PolyDecay(0, 5), "learning_rate must be a finite number above 0, got 0"),
        (lambda: PolyDecay(0.1, 2.5), "steps must be an integer of at least 1, got 2.5"),
        (lambda: PolyDecay(0.1, 5, power=-1), "power must be"),
        (lambda: OneCycle(0.1, 0), "steps must be an integer of at least 1, got 0"),
        (lambda: OneCycle(0.1, 9, rise=1), r"rise must lie in \(0, 1\), got 1"),
        (lambda: OneCycle(0.1, 9, start_factor=0.5), "start_factor must be at least 1, got 0.5"),
        (lambda: WarmUp(0.1, 0), "steps must be an integer of at least 1, got 0"),
        (lambda: WarmUp(-0.1, 2), "schedule must be a finite number above 0"),
        (lambda: WeightAverage(1.0), r"decay must lie in \[0, 1\), got 1.0"),
    ],
)
def test_errors(build, message):
    with pytest.raises(InputError, match=message):
        build()


class Remember(keras.callbacks.Callback):
    """Keeps the weights at the start and after every step."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        if not self.seen:
            self.seen.append(self.model.get_weights())

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.get_weights())


def small_model():
    """A trained layer, one with statistics, and a frozen one."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4),
            keras.layers.BatchNormalization(momentum=0.5),
            keras.layers.Dense(1, trainable=False),
        ]
    )
    model.compile(optimizer=keras.optimizers.SGD(0.3), loss="mse")
    return model


def fit(model, *callbacks, epochs=3):
    rng = np.random.default_rng(0)
    model.fit(
        rng.normal(2, 3, (24, 3)),
        rng.normal(size=(24, 1)),
        batch_size=6,
        epochs=epochs,
        verbose=0,
        shuffle=False,
        callbacks=list(callbacks),
    )


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.999])
def test_average_equals_the_slow_loop(decay):
    model, remember, average = small_model(), Remember(), WeightAverage(decay)
    fit(model, remember, average)
    fit(model, remember, average, epochs=1)  # goes on
    slow = [value.astype("float64") for value in remember.seen[0]]
    for n, weights in enumerate(remember.seen[1:]):
        kept = min(decay, (1 + n) / (10 + n))
        slow = [kept * a + (1 - kept) * w for a, w in zip(slow, weights, strict=True)]
    assert len(remember.seen) == 17
    own = model.get_weights()
    with average.applied() as averaged:
        assert averaged is model
        for got, expected in zip(model.get_weights(), slow, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
        for frozen in (-2, -1):
            np.testing.assert_array_equal(model.get_weights()[frozen], own[frozen])
    for got, expected in zip(model.get_weights(), own, strict=True):
        np.testing.assert_array_equal(got, expected)
    average.apply()
    np.testing.assert_allclose(model.get_weights()[0], slow[0], rtol=1e-4, atol=1e-6)


def test_training_does_not_notice_the_average():
    plain, averaged = small_model(), small_model()
    fit(plain)
    fit(averaged, WeightAverage(0.9))
    for one, other in zip(plain.get_weights(), averaged.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_own_weights_come_back_after_an_error():
    model, average = small_model(), WeightAverage(0.9)
    fit(model, average)
    own = model.get_weights()
    with pytest.raises(RuntimeError, match="stop"), average.applied():
        raise RuntimeError("stop")
    np.testing.assert_array_equal(model.get_weights()[0], own[0])


def test_average_before_the_first_step_and_of_another_model():
    average = WeightAverage()
    with pytest.raises(InputError, match="no average before the first step"):
        average.apply()
    fit(small_model(), average)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    other.compile(loss="mse")
    with pytest.raises(InputError, match="must stay with one model, got another"):
        fit(other, average)
