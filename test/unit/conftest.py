"""How thoroughly the property tests search: the same everywhere, and repeatable in CI."""

import os

from hypothesis import settings

settings.register_profile('developer', max_examples=100, deadline=None)
settings.register_profile('ci', settings.get_profile('developer'), derandomize=True, database=None)
settings.load_profile('ci' if os.environ.get('CI') == 'true' else 'developer')
