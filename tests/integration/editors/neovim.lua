-- Uses Neovim as a person does, on the score that was opened, and writes what it shows to the file $RESULT as JSON.

local result = {}

local function await(what, condition)
  if not vim.wait(60000, condition, 10) then
    error("nothing came: " .. what)
  end
end

local function errors()
  return vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
end

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

local function hints()
  return vim.lsp.inlay_hint.get({ bufnr = 0 })
end

local function lines_with_hints()
  local shown = lines()
  for _, hint in ipairs(hints()) do
    local line = hint.inlay_hint.position.line + 1
    shown[line] = shown[line] .. " " .. hint.inlay_hint.label
  end
  return shown
end

local function use()
  await("errors", function() return #errors() > 0 end)
  local first = errors()[1]
  result.error = { line = first.lnum + 1, code = first.code, message = first.message }
  result.is_drawn = vim.lsp.inlay_hint.is_enabled({ bufnr = 0 })

  vim.api.nvim_win_set_cursor(0, { first.lnum + 1, first.col })
  vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.isPreferred end })
  await("a text without errors", function() return #errors() == 0 end)
  result.fixed = lines()
  await("hints", function() return #hints() > 0 end)
  result.hints = lines_with_hints()

  local client = vim.lsp.get_clients({ bufnr = 0, name = "score" })[1]
  client.settings = { score = { hints = "none" } }
  client:notify("workspace/didChangeConfiguration", { settings = client.settings })
  await("no hints", function() return #hints() == 0 end)

  vim.fn.search("tram {")
  vim.lsp.buf.rename("streetcar")
  await("a new name", function() return vim.fn.search("streetcar {", "n") > 0 end)
  result.renamed = lines()
  vim.lsp.buf.format()
  result.formatted = lines()
  result.commented = vim.bo.commentstring
  result.is_inserted_unasked = not vim.o.completeopt:find("noselect")

  await("colours", function() return #vim.inspect_pos(0, 0, 0).semantic_tokens > 0 end)
  result.colour = vim.inspect_pos(0, 0, 0).semantic_tokens[1].opts.hl_group
  await("folds", function() return vim.fn.foldlevel(vim.fn.search("base", "n")) > 0 end)
  vim.treesitter.start(0, "score")
  vim.treesitter.get_parser(0):parse(true)
  result.captures = vim.tbl_map(function(one) return one.capture end, vim.treesitter.get_captures_at_pos(0, 0, 0))
  result.has_no_syntax_errors = not vim.treesitter.get_parser(0):trees()[1]:root():has_error()

  vim.cmd("edit! other.score.yaml")
  client.settings = { score = { hints = "all" } }
  client:notify("workspace/didChangeConfiguration", { settings = client.settings })
  await("hints of YAML", function() return #hints() > 0 end)
  result.yaml = lines_with_hints()

  vim.cmd("edit! page.score")
  await("hints of the page", function() return #hints() > 0 end)
  result.page = lines_with_hints()
end

local ok, message = pcall(use)
if not ok then
  result.failure = message
  result.messages = vim.api.nvim_exec2("messages", { output = true }).output
  result.lines = lines_with_hints()
  result.diagnostics = vim.diagnostic.get(0)
end
vim.fn.writefile({ vim.json.encode(result) }, vim.env.RESULT)
vim.cmd(ok and "qall!" or "cquit!")
