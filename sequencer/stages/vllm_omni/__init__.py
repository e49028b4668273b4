"""The vLLM-Omni stage: Helios on one's own GPU, over the WebSocket of `vllm serve --omni`.

`settings` (address, size, time limits, key), `messages` (what is sent and received, as values),
`connection` (the WebSocket and the two requests that describe the server), `prompts` (which prompt
is sent when, and where it landed), `media` (decodes the video), `pacing` (when frames are shown),
and `stage`, which combines them. Written from the documentation of vLLM-Omni 0.30
(`docs/serving/streaming_video_output_api.md` and the README of its streaming example).
"""
