//! Starts `sequencer language-server` for scores.

use zed_extension_api::{self as zed, settings::LspSettings, LanguageServerId, Result};

struct ScoreExtension;

impl zed::Extension for ScoreExtension {
    fn new() -> Self {
        ScoreExtension
    }

    fn language_server_command(
        &mut self,
        _id: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<zed::Command> {
        let command = worktree.which("sequencer").ok_or_else(|| {
            "`sequencer` is not on the PATH: install it as docs/editors.md shows, then start Zed from a \
             terminal in which `sequencer --version` works"
                .to_string()
        })?;
        Ok(zed::Command {
            command,
            args: vec!["language-server".to_string()],
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
