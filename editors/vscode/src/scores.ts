// Which documents are scores.

import * as vscode from "vscode";

/** Scores in the text notation, and YAML that may be one: the server decides by its name and keys. */
export const SELECTOR = [
  { scheme: "file", language: "score" },
  { scheme: "untitled", language: "score" },
  { scheme: "file", language: "yaml" },
];

/** Whether a document is a score: a file in the text notation, or YAML with the name or the first key of one. */
export function isScore(document: vscode.TextDocument): boolean {
  if (document.languageId === "score") {
    return true;
  }
  return document.languageId === "yaml" && (/\.score\.ya?ml$/.test(document.uri.path) || /^(cues|sections):/m.test(document.getText()));
}
