// What the page uses of CodeMirror 6. There are no language packages: the server knows the language of scores.
export {
  Annotation, AnnotationType, ChangeDesc, ChangeSet, Compartment, EditorSelection, EditorState, Facet, Line, MapMode, Prec,
  Range, RangeSet, RangeSetBuilder, RangeValue, SelectionRange, StateEffect, StateEffectType, StateField, Text, Transaction,
} from "@codemirror/state";
export {
  BlockInfo, Decoration, EditorView, GutterMarker, ViewPlugin, ViewUpdate, WidgetType, closeHoverTooltips, drawSelection,
  dropCursor, gutter, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, hoverTooltip, keymap, lineNumbers,
  logException, placeholder, rectangularSelection, repositionTooltips, showPanel, showTooltip, tooltips,
} from "@codemirror/view";
export {
  cursorDocEnd, cursorDocStart, defaultKeymap, emacsStyleKeymap, history, historyKeymap, indentLess, indentMore,
  insertNewlineKeepIndent, invertedEffects, isolateHistory, redo, redoDepth, standardKeymap, toggleComment, undo, undoDepth,
} from "@codemirror/commands";
export {
  bracketMatching, codeFolding, foldGutter, foldKeymap, foldService, indentService, indentUnit,
} from "@codemirror/language";
export {
  SearchQuery, closeSearchPanel, findNext, findPrevious, gotoLine, highlightSelectionMatches, openSearchPanel, search,
  searchKeymap, setSearchQuery,
} from "@codemirror/search";
export {
  closeLintPanel, diagnosticCount, forEachDiagnostic, lintGutter, lintKeymap, nextDiagnostic, openLintPanel,
  previousDiagnostic, setDiagnostics, setDiagnosticsEffect,
} from "@codemirror/lint";
export {
  CompletionContext, acceptCompletion, autocompletion, clearSnippet, closeBrackets, closeBracketsKeymap, closeCompletion,
  completionKeymap, completionStatus, hasNextSnippetField, insertCompletionText, nextSnippetField, pickedCompletion,
  prevSnippetField, snippet, snippetCompletion, snippetKeymap, startCompletion,
} from "@codemirror/autocomplete";
