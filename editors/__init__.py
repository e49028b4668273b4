"""Support for editors: what is packaged from this folder, and how.

`editors/vscode` is the extension for VS Code; its TextMate grammar highlights scores in other
editors and on the documentation site too. `editors/tree-sitter-score` is the tree-sitter grammar,
for Helix, Zed and Neovim, and `editors/zed` the extension for Zed.
"""
