[
  (block)
  (block_text)
  (list)
] @fold
