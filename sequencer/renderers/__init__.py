"""What makes the frames of rehearsals: `choosing` finds a renderer by its name.

`helios` runs the open weights of Helios through diffusers; it is the only package that imports
torch, diffusers and transformers, and only when a model is loaded. `kept_chunks` keeps what was
rendered, so that an interrupted render continues. The drawn frames are part of the simulator
(`sequencer.stages.simulated.renderer`).
"""
