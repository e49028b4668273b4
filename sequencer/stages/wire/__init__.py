"""The protocol between a client and a model: messages and their codecs.

`helios` has the model's own messages and commands.
"""
