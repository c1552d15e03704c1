import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from adamcli.pictures.terminal.columns import folded, safe, shortened, squeezed
from adamcli.widths import columns

LATIN = st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"]))
TEXT = st.text(max_size=40)


def test_columns_of_wide_and_combining_characters() -> None:
    assert [columns(text) for text in ("abc", "日本語", "m̂", "√v̂", "αβ", "ｗ", "")] == [
        3, 6, 1, 2, 2, 2, 0,
    ]  # fmt: skip


@given(LATIN | st.text("日本語한국어αβγ─█⣿", max_size=20))
def test_columns_agree_with_another_implementation(text) -> None:
    assert columns(text) == cell_len(text)


@given(TEXT, st.integers(0, 30), st.sampled_from(["…", "..."]))
def test_shortened_texts_fit_and_keep_what_they_can(text, most, ellipsis) -> None:
    for change in (shortened, squeezed):
        found = change(text, most, ellipsis)
        assert columns(found) <= most
        if columns(text) <= most:
            assert found == text
        elif most >= len(ellipsis):
            assert ellipsis in found


def test_squeezed_texts_keep_both_ends() -> None:
    assert squeezed("optimizer.schedule.rate", 11) == "optim….rate"
    assert squeezed("optimizer.schedule.rate", 3) == "op…"
    assert shortened("optimizer.schedule.rate", 11) == "optimizer.…"


@given(TEXT, st.integers(1, 20))
def test_folded_lines_fit(text, width) -> None:
    lines = folded(text, width)
    assert all(0 < columns(line) <= width for line in lines if line)
    if all(columns(word) <= width for word in text.split()):
        assert " ".join(lines).split() == text.split()


@given(st.text())
def test_safe_texts_cannot_control_a_terminal(text) -> None:
    assert safe(text, ascii_only=False).isprintable()
    plain = safe(text, ascii_only=True)
    assert plain.isascii()
    assert plain.isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("α", "alpha"), ("Σ", "Sigma"), ("ς", "sigma"), ("m̂", "m"), ("√v̂", "sqrt v"), ("é", "e"),
        ("β₁", "beta1"), ("x²", "x2"), ("−1…", "-1..."), ("日", "?"), ("\x1b[m", "?[m"),
    ],
)  # fmt: skip
def test_names_in_ascii(text, expected) -> None:
    assert safe(text, ascii_only=True) == expected
