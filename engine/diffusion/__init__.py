"""Noise schedule, solvers and losses: pure functions over any callable denoiser."""
