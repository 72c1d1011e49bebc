import inspect

import pytest

from seglab.models import NETWORKS, VARIANTS, slug, variant_name


def test_names_and_order():
    assert list(VARIANTS) == ["FCN-32s", "FCN-16s", "FCN-8s", "U-Net without skips", "U-Net"]


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_builds_from_the_same_call(name):
    model = VARIANTS[name]((64, 96, 3), 5, base_filters=4)
    assert model.input_shape == (None, 64, 96, 3)
    assert model.output_shape == (None, 64, 96, 5)
    assert inspect.signature(VARIANTS[name]).parameters["base_filters"].default == 8


def test_the_variants_differ():
    assert len({VARIANTS[name]((64, 64, 3), 4).name for name in VARIANTS}) == 5


@pytest.mark.parametrize("name", list(NETWORKS)[len(VARIANTS) :])
def test_every_other_network_is_built_by_name(name):
    assert variant_name(slug(name)) == name
    model = NETWORKS[name]((64, 96, 3), 5, base_filters=2)
    assert {tuple(output.shape) for output in model.outputs} == {(None, 64, 96, 5)}
    assert inspect.signature(NETWORKS[name]).parameters["base_filters"].default == 8
