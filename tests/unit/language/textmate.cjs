// Colours texts with the engine that editors use. Reads {"grammar": path, "texts": [text, …]} from standard input and prints,
// for each text, for each line, its tokens as [start, end, [scope, …]].
const fs = require("fs");
const path = require("path");
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

async function main() {
  const { grammar, texts } = JSON.parse(fs.readFileSync(0, "utf8"));
  const wasm = fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma")), "onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (name) =>
      name === "source.score" ? textmate.parseRawGrammar(fs.readFileSync(grammar, "utf8"), grammar) : null,
  });
  const loaded = await registry.loadGrammar("source.score");
  const coloured = texts.map((text) => {
    let stack = textmate.INITIAL;
    return text.split("\n").map((line) => {
      const result = loaded.tokenizeLine(line, stack);
      stack = result.ruleStack;
      return result.tokens.map((token) => [token.startIndex, token.endIndex, token.scopes]);
    });
  });
  process.stdout.write(JSON.stringify(coloured));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
