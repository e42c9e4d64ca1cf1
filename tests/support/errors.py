"""What is raised is one plain line."""

import pytest

from support.keys import require_none


@pytest.fixture
def failure():
    """The one line with which a call fails."""
    from qfusion_core import QfusionError

    def _failure(kind, call, *arguments, **options):
        with pytest.raises(kind) as failed:
            call(*arguments, **options)
        assert isinstance(failed.value, QfusionError)
        assert "\n" not in str(failed.value)
        require_none(str(failed.value))
        return str(failed.value)

    return _failure


@pytest.fixture
def refusal(failure):
    """The one line with which a call is refused."""
    from qfusion_core import InputError

    return lambda function, *arguments: failure(InputError, function, *arguments)
