import pytest

from app.theme import style


@pytest.fixture(autouse=True)
def dressed(qapp):
    style.apply(qapp, "dark")
