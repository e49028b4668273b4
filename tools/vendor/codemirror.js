// What the page uses of CodeMirror 6. There are no language packages: the server knows the language of scores.
export {
  Annotation, ChangeSet, Compartment, EditorState, Line, MapMode, RangeSet, RangeValue, StateEffect, StateEffectType,
  StateField, Text,
} from "@codemirror/state";
export {
  Decoration, EditorView, GutterMarker, WidgetType, drawSelection, gutter, highlightActiveLine, highlightActiveLineGutter,
  highlightSpecialChars, hoverTooltip, keymap, lineNumbers, placeholder,
} from "@codemirror/view";
export {
  defaultKeymap, history, historyKeymap, undo,
} from "@codemirror/commands";
export {
  indentUnit,
} from "@codemirror/language";
export {
  highlightSelectionMatches, search, searchKeymap,
} from "@codemirror/search";
export {
  autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap,
} from "@codemirror/autocomplete";
