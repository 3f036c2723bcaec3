"""What all tests share: how many cases Hypothesis draws, and that it draws the same ones in CI."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Compiling a kernel inside a first example takes seconds, so neither deadlines nor "too slow" mean anything here.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", max_examples=100, **_COMMON)
settings.register_profile("ci", max_examples=100, derandomize=True, **_COMMON)
settings.register_profile("slow", max_examples=3000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))
