; for Helix; Zed's are in editors/zed
[
  (block)
  (list)
] @indent

[
  "}"
  ")"
] @outdent
