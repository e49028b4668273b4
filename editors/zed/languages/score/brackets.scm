("{" @open "}" @close)

("(" @open ")" @close)
