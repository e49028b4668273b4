"""What travels between a client and a model. `helios` has the model's own messages and commands; codecs stand beside it."""
