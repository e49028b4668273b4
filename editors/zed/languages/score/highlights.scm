; Colours. No node is matched twice, so that the order of the patterns does not matter: editors differ about it.
; The words of the language are written here by tests/unit/editors/test_tree_sitter.py --update-golden.

(comment) @comment

[
  (text)
  (block_text)
] @string

(escape) @constant.character.escape

(variable) @variable.parameter

(number) @constant.numeric

(definition) @type

(operator) @operator

"," @punctuation.delimiter

[
  "("
  ")"
  "{"
  "}"
] @punctuation.bracket

(unmatched) @error

(unit) @keyword

((keyword) @keyword
  (#any-of? @keyword
    "at" "base" "cc" "clock" "continue" "cut" "end" "every" "fade" "follow" "from" "go" "goto"
    "grid" "image" "late" "lead" "let" "like" "mark" "max" "meter" "middle" "midi" "model"
    "note" "on" "or" "osc" "pause" "pick" "play" "program" "quiet" "release" "resume" "scene"
    "score" "section" "seed" "shuffle" "snap" "sound" "sr" "stages" "start" "stop" "strength"
    "tempo" "together" "until" "use"))

((name) @function.builtin
  (#any-of? @function.builtin
    "at" "base" "cc" "clock" "continue" "cut" "end" "every" "fade" "follow" "from" "go" "goto"
    "grid" "image" "late" "lead" "let" "like" "mark" "max" "meter" "middle" "midi" "model"
    "note" "on" "or" "osc" "pause" "pick" "play" "program" "quiet" "release" "resume" "scene"
    "score" "section" "seed" "shuffle" "snap" "sound" "sr" "stages" "start" "stop" "strength"
    "tempo" "together" "until" "use"))

((name) @keyword
  (#any-of? @keyword
    "bar" "bars" "beat" "beats" "bpm" "ch" "chunk" "chunks" "first" "for" "fps" "frame" "frames"
    "minutes" "next" "nominal" "off" "over" "seconds" "vel"))

((name) @variable
  (#not-match? @variable "^(at|bar|bars|base|beat|beats|bpm|cc|ch|chunk|chunks|clock|continue|cut|end|every|fade|first|follow|for|fps|frame|frames|from|go|goto|grid|image|late|lead|let|like|mark|max|meter|middle|midi|minutes|model|next|nominal|note|off|on|or|osc|over|pause|pick|play|program|quiet|release|resume|scene|score|seconds|section|seed|shuffle|snap|sound|sr|stages|start|stop|strength|tempo|together|until|use|vel)$"))
