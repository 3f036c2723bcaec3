"""Named streams of random numbers: reproducible, independent of each other, fixed for ever."""

import numpy as np
import pytest

from simcore.rng import draw_seed, stream


def test_a_stream_is_the_same_each_time_and_for_ever():
    first = stream(65, "flow:trade:amount").random(4)
    assert np.array_equal(first, stream(65, "flow:trade:amount").random(4))
    # Written down once: a change here changes every published result.
    assert [f"{number:.17g}" for number in first] == GOLDEN


GOLDEN = ["0.83446251992140608", "0.12194837558631044", "0.19579518620952141", "0.93716404149985588"]


@pytest.mark.parametrize(
    "other",
    [
        (66, "flow:trade:amount", 0),
        (65 + 2**32, "flow:trade:amount", 0),
        (65, "flow:trade:time", 0),
        (65, "flow:trade:amount", 1),
    ],
)
def test_seed_name_and_replicate_each_give_other_numbers(other):
    assert not np.array_equal(stream(65, "flow:trade:amount").random(4), stream(*other).random(4))


def test_streams_of_many_names_differ():
    firsts = {stream(1, f"latency:{name}:{column}").random() for name in "abcdefgh" for column in range(50)}
    assert len(firsts) == 400


def test_two_streams_are_uncorrelated():
    one, two = stream(1, "one").random(100_000), stream(1, "two").random(100_000)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02  # six standard deviations


def test_a_seed_below_zero_is_refused():
    with pytest.raises(ValueError, match="negative"):
        stream(-1, "flow")


def test_drawn_seeds_fit_63_bits_and_differ():
    seeds = {draw_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**63 for seed in seeds)
