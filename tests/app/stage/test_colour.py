from app.stage.colour import change_colour, change_table, grey_table


def test_change_is_transparent_below_its_threshold_and_ramps_in_over_six_units():
    table = change_table(8.0, 60.0, 6.0)

    def opacity(change: float) -> int:
        return int(table[round(128 + change / 60 * 127)]) >> 24

    assert opacity(0) == opacity(7.5) == opacity(-7.5) == 0
    assert 60 < opacity(11) < 200
    assert opacity(15) == opacity(-15) == 255


def test_ends_of_the_ramp_are_the_design_colours_and_the_middle_is_neutral():
    assert change_colour(-1.0) == (0xC4, 0xE9, 0xFF)
    assert change_colour(1.0) == (0xFF, 0xE0, 0xA6)
    assert change_colour(-3.0) == change_colour(-1.0)
    assert max(change_colour(0.0)) - min(change_colour(0.0)) < 14


def test_strength_is_the_opacity_of_a_full_change():
    assert change_table(8.0, 60.0, 6.0, 0.8)[255] >> 24 == 204


def test_dimmed_grey_stays_grey_and_opaque():
    assert grey_table()[255] == 0xFFFFFFFF
    assert grey_table(0.62)[255] == 0xFF9E9E9E
