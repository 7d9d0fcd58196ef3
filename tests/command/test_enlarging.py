"""`kerasgen apply` on odd picture files: right, or a clear error, and nothing lost."""

import numpy as np
import pytest
from PIL import Image, ImageCms

import kerasgen
from kerasgen.command import cli, enlarging
from kerasgen.command.apply import apply_to

pytestmark = pytest.mark.any_backend

DRAWS = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return kerasgen.gans.SRResNet((8, 8, 3), scale=2, filters=2, blocks=1, seed=0)


def pixels(*shape):
    return DRAWS.integers(0, 256, shape, "uint8")


def applied(model, folder, image, name, **options):
    """Returns the picture that becomes of an image saved under a name."""
    folder.mkdir(exist_ok=True)
    image.save(folder / name, **options)
    (path,) = apply_to(model, folder / name, folder / "out", tile=16)
    with Image.open(path) as found:
        found.load()
        return found


def expected(model, rgb):
    found = model.enlarge(np.asarray(rgb)[None])[0]
    return np.round(255 * found).astype(int)


def near(found, wanted, error=1):
    assert np.abs(np.asarray(found).astype(int) - wanted).max() <= error


def test_colour_grey_and_one_pixel_wide(model, tmp_path):
    rgb = Image.fromarray(pixels(21, 34, 3))
    found = applied(model, tmp_path, rgb, "x.png")
    assert (found.format, found.mode, found.size) == ("PNG", "RGB", (68, 42))
    near(found, expected(model, rgb))
    thin = Image.fromarray(pixels(7, 1, 3))
    near(applied(model, tmp_path, thin, "thin.png"), expected(model, thin))
    grey = Image.fromarray(pixels(9, 5))
    found = applied(model, tmp_path, grey, "grey.png")
    assert found.mode == "L"
    near(found, expected(model, grey.convert("RGB")).mean(axis=-1))


def test_a_transparent_picture_stays_so(model, tmp_path):
    rgba = Image.fromarray(pixels(6, 8, 4), "RGBA")
    found = applied(model, tmp_path, rgba, "x.png")
    assert found.mode == "RGBA"
    near(np.asarray(found)[..., :3], expected(model, rgba.convert("RGB")))
    mask = rgba.getchannel("A").resize((16, 12), Image.Resampling.BICUBIC)
    near(np.asarray(found)[..., 3], np.asarray(mask).astype(int), 0)
    palette = rgba.convert("RGB").quantize(8)
    palette.info["transparency"] = 0
    found = applied(model, tmp_path, palette, "p.png", transparency=0)
    assert found.mode == "RGBA" and found.size == (16, 12)
    key = Image.fromarray(pixels(6, 8))
    found = applied(model, tmp_path, key, "key.png", transparency=3)
    assert found.mode == "LA" or found.mode == "RGBA"


def test_deep_and_cmyk_pictures(model, tmp_path):
    deep = DRAWS.integers(0, 1 << 16, (5, 6)).astype("uint16")
    found = applied(model, tmp_path, Image.fromarray(deep), "deep.png")
    assert found.mode == "L"
    grey = Image.fromarray((deep >> 8).astype("uint8")).convert("RGB")
    near(found, expected(model, grey).mean(axis=-1))
    cmyk = Image.fromarray(pixels(6, 8, 3)).resize((16, 16)).convert("CMYK")
    found = applied(model, tmp_path, cmyk, "c.tif")
    assert (found.format, found.mode) == ("TIFF", "RGB")
    near(found, expected(model, cmyk.convert("RGB")))


def test_orientation_profile_and_exif_data(model, tmp_path):
    rgb = Image.fromarray(np.repeat(np.repeat(pixels(2, 3, 3), 8, 0), 8, 1))
    exif, profile = Image.Exif(), ImageCms.createProfile("sRGB")
    exif[0x0112], exif[0x010F] = 6, "maker"
    profile = ImageCms.ImageCmsProfile(profile).tobytes()
    options = {"exif": exif, "icc_profile": profile, "quality": 100}
    found = applied(model, tmp_path, rgb, "turned.jpg", **options)
    assert (found.format, found.size) == ("JPEG", (32, 48))  # turned by a quarter
    assert found.getexif().get(0x0112) is None
    assert found.getexif()[0x010F] == "maker"
    assert found.info["icc_profile"] == profile


@pytest.mark.parametrize("ending", ["jpg", "webp", "bmp", "gif"])
def test_the_kind_of_file_is_kept_where_it_is_common(model, tmp_path, ending):
    flat = Image.fromarray(np.full((8, 8, 3), 100, "uint8"))
    found = applied(model, tmp_path, flat, f"x.{ending}")
    kinds = {"jpg": "JPEG", "webp": "WEBP", "bmp": "BMP", "gif": "PNG"}
    assert found.format == kinds[ending] and found.size == (16, 16)


def test_what_is_broken_or_too_large_is_left_out_and_the_rest_is_done(
    model, tmp_path, monkeypatch
):
    Image.fromarray(pixels(8, 8, 3)).save(tmp_path / "good.png")
    Image.fromarray(pixels(9, 8, 3)).save(tmp_path / "large.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    monkeypatch.setattr(enlarging, "MAX_PIXELS", 256)
    inputs = [tmp_path / name for name in ("broken.png", "good.png", "large.png")]
    with pytest.warns(UserWarning, match="2 of 3 files are left out.*broken.png"):
        written = apply_to(model, inputs, tmp_path / "out")
    assert [path.name for path in written] == ["good.png"]
    with pytest.warns(UserWarning, match="at most 256 pixels once it is enlarged"):
        assert apply_to(model, tmp_path / "large.png", tmp_path / "out") == []


def test_a_model_of_grey_images_enlarges_each_colour(tmp_path):
    grey = kerasgen.gans.SRResNet((8, 8, 1), scale=2, filters=2, blocks=1, seed=0)
    rgb = Image.fromarray(pixels(5, 6, 3))
    found = np.asarray(applied(grey, tmp_path, rgb, "x.png")).astype(int)
    planes = np.moveaxis(np.asarray(rgb), -1, 0)[..., None]
    wanted = np.round(255 * grey.enlarge(planes)).astype(int)
    near(found, np.moveaxis(wanted[..., 0], 0, -1))


def test_the_command_takes_files_and_folders(model, tmp_path, capsys):
    model.compile()
    model.save(tmp_path / "model.keras")
    (tmp_path / "more").mkdir()
    for name in ("a.png", "more/a.png", "more/b.jpg"):
        Image.fromarray(pixels(8, 8, 3)).save(tmp_path / name)
    words = [str(tmp_path / "model.keras"), str(tmp_path / "a.png")]
    words += [str(tmp_path / "more"), "--out", str(tmp_path / "out"), "--tile", "5"]
    assert cli.main(["apply", *words]) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"a.png", "a.png.png", "b.jpg"}
    assert "3 pictures by SRResNet" in capsys.readouterr().out
    words[-3:] = [str(tmp_path)]
    assert cli.main(["apply", *words]) == 2
    assert "`out` must be a folder apart" in capsys.readouterr().err
