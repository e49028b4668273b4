// Writes the libraries of the studio's page, each with what it needs in one ES module, and LICENSES.txt, their licences.
// They are committed: whoever installs or packages the project needs neither node nor network access. An argument names
// another folder.
import { build } from "esbuild";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(fileURLToPath(import.meta.url));
const folder = path.resolve(process.argv[2] ?? path.join(root, "../../sequencer/studio/page/vendor"));
await mkdir(folder, { recursive: true });

/** Return the types of a module: those of the packages, which are only there where the page is checked. */
const typesOf = (module) => `// Where tools/vendor is installed, ${module} has the types of what it is made from.
export * from "../../../../tools/vendor/${module}";
`;

const parts = [];
for (const module of ["codemirror.js", "lit-html.js"]) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [module],
    outfile: path.join("out", module),
    bundle: true,
    minify: true,
    charset: "utf8",
    legalComments: "none", // LICENSES.txt has all licences in full
    format: "esm",
    target: "es2022",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  await writeFile(path.join(folder, module), outputFiles[0].contents);
  await writeFile(path.join(folder, module.replace(/js$/, "d.ts")), typesOf(module));

  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
  for (const one of [...packages].sort()) {
    const { name, version, license } = JSON.parse(await readFile(path.join(root, one, "package.json"), "utf8"));
    const file = (await readdir(path.join(root, one))).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file`);
    const text = (await readFile(path.join(root, one, file), "utf8")).replaceAll("\r\n", "\n").trim();
    parts.push(`${name} ${version} (${license}), in ${module}\n\n${text}\n`);
  }
}
const introduction = "The ES modules in this folder contain these packages.\n\n";
await writeFile(path.join(folder, "LICENSES.txt"), introduction + parts.join(`\n${"-".repeat(80)}\n\n`));
