"""The networks of the latent diffusion autoencoder: modules built from a configuration, nothing else.

Parameter names follow the published weight files, so that those load without translation.
"""
