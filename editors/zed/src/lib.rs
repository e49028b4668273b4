//! Starts `sequencer language-server` for scores.

use zed_extension_api::{self as zed, settings::LspSettings, LanguageServerId, Result};

struct ScoreExtension;

impl zed::Extension for ScoreExtension {
    fn new() -> Self {
        ScoreExtension
    }

    fn language_server_command(
        &mut self,
        id: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<zed::Command> {
        let binary = LspSettings::for_worktree(id.as_ref(), worktree)?.binary;
        let (path, arguments) = binary.map_or((None, None), |found| (found.path, found.arguments));
        let command = path.or_else(|| worktree.which("sequencer")).ok_or_else(|| {
            "`sequencer` is not on the PATH: install it as docs/editors.md shows, then start Zed from a \
             terminal in which `sequencer --version` works"
                .to_string()
        })?;
        Ok(zed::Command {
            command,
            args: arguments.unwrap_or_else(|| vec!["language-server".to_string()]),
            env: worktree.shell_env(),
        })
    }

    fn language_server_workspace_configuration(
        &mut self,
        id: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<Option<zed::serde_json::Value>> {
        Ok(LspSettings::for_worktree(id.as_ref(), worktree)?.settings)
    }
}

zed::register_extension!(ScoreExtension);
