// Writes bundle/extension.js, the client with the libraries that it needs in one file, and bundle/LICENSES.txt, their licences.
// Both are committed: whoever packages the extension needs neither node nor network access. An argument names another folder.
import { build } from "esbuild";
import { readdir, readFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(fileURLToPath(import.meta.url));
const folder = path.resolve(process.argv[2] ?? path.join(root, "bundle"));

const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["src/extension.ts"],
  outfile: "extension.js",
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none", // LICENSES.txt has all licences in full
  platform: "node",
  format: "cjs",
  target: "node20", // of VS Code 1.91
  external: ["vscode"],
  metafile: true,
  write: false,
  logLevel: "warning",
});

const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(found[1]);
}
const parts = [];
for (const one of [...packages].sort()) {
  const { name, version, license } = JSON.parse(await readFile(path.join(root, one, "package.json"), "utf8"));
  const file = (await readdir(path.join(root, one))).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  const text = (await readFile(path.join(root, one, file), "utf8")).replaceAll("\r\n", "\n").trim();
  parts.push(`${name} ${version} (${license})\n\n${text}\n`);
}

await mkdir(folder, { recursive: true });
await writeFile(path.join(folder, "extension.js"), outputFiles[0].contents);
await writeFile(path.join(folder, "LICENSES.txt"), `extension.js contains these packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`);
