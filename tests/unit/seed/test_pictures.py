"""Pictures: one for each product, each its own, without words, and the same every time."""

from io import BytesIO

import pytest
from PIL import Image

from marketplace.seed.goods import load_goods
from marketplace.seed.pictures.canvas import mix, smooth
from marketplace.seed.pictures.hero import SIZES, render_hero
from marketplace.seed.pictures.products import PICTURES, draw_product, paint_product
from marketplace.seed.pictures.raster import paint, rasterise
from marketplace.seed.pictures.scenes import SCENES, draw_scene


def test_every_product_has_a_picture_of_its_own():
    assert {one.slug for one in load_goods()} == set(PICTURES)
    drawings = [draw_product(one.slug, one.category, one.name) for one in load_goods()]
    assert len(set(drawings)) == 98


def test_pictures_bear_no_words_and_point_nowhere():
    for one in load_goods():
        svg = draw_product(one.slug, one.category, one.name)
        assert "<text" not in svg
        assert "href" not in svg


def test_a_picture_is_the_same_every_time():
    assert draw_product("ca-chua", "rau", "Cà chua") == draw_product("ca-chua", "rau", "Cà chua")


def test_goods_that_nobody_drew_get_a_picture_too():
    assert draw_product("sau-rieng", "trai-cay", "Sầu riêng").startswith("<svg")


@pytest.mark.parametrize("slug", ["buoi-lv", "nuoc-mam"])
def test_a_picture_becomes_a_square_jpeg(slug):
    with Image.open(BytesIO(paint_product(slug, "mam", "Hàng", 160))) as image:
        assert (image.format, image.size) == ("JPEG", (160, 160))


def test_an_svg_becomes_a_jpeg_of_the_width_that_was_asked_for():
    with Image.open(BytesIO(rasterise(draw_product("ngao", "hai-san", "Ngao"), 120))) as image:
        assert (image.format, image.size) == ("JPEG", (120, 120))


@pytest.mark.parametrize("code", sorted(SCENES))
def test_a_scene_differs_from_seed_to_seed_and_repeats_with_the_same(code):
    assert draw_scene(code, 1).svg() == draw_scene(code, 1).svg()
    assert draw_scene(code, 1).svg() != draw_scene(code, 2).svg()
    with Image.open(BytesIO(paint(draw_scene(code, 1), 120))) as image:
        assert image.size == (120, 90)


@pytest.mark.parametrize("size", SIZES)
def test_the_view_that_greets_visitors_is_small(size: str):
    content = render_hero(size)
    width, ceiling = SIZES[size]
    assert len(content) <= ceiling
    with Image.open(BytesIO(content)) as image:
        assert (image.format, image.size) == ("WEBP", (width, width * 3 // 4))


def test_colours_mix_and_curves_close():
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert smooth([(0, 0), (10, 0), (10, 10)]).endswith("Z")
    assert not smooth([(0, 0), (10, 0), (10, 10)], closed=False).endswith("Z")
