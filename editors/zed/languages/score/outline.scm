(block_head
  (keyword) @context
  (definition) @name) @item
