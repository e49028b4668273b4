"""Helios on this machine, chunk by chunk through diffusers' `HeliosPyramidPipeline`.

`options` reads its options, `weights` finds and checks the files, `loading` loads them, `chunks`
makes the frames of a take, and `renderer` is the `Renderer`. Only `loading`, `chunks` and
`renderer` import torch.
"""
