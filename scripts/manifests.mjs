/**
 * Writes `manifests/firmware.json`: the modules of the firmware that every target has, and that all of them are
 * preloaded. `node scripts/manifests.mjs` after a file was added to the firmware, or an import was.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const firmware = join(root, "firmware");

/** Where the firmware begins on each kind of target. */
export const MAIN = { esp32: "board/sdk/esp32", lin: "board/sdk/lin" };

/**
 * The modules that a module imports at run time, with itself: those of the firmware by their paths in it,
 * those of the SDK by their specifiers.
 */
export function modulesOf(main) {
  const own = new Set();
  const sdk = new Set();
  const visit = (name) => {
    if (own.has(name)) return;
    own.add(name);
    for (const specifier of runtimeImports(join(firmware, `${name}.ts`)))
      if (specifier.startsWith("."))
        visit(relative(firmware, resolve(firmware, dirname(name), specifier)).replace(/\.js$/, ""));
      else sdk.add(specifier);
  };
  visit(main);
  return { own: [...own].sort(), sdk: [...sdk].sort() };
}

function runtimeImports(file) {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022);
  return source.statements
    .filter((node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    .filter((node) => node.moduleSpecifier !== undefined && !isErased(node))
    .map((node) => node.moduleSpecifier.text);
}

/** Only what says `type` of the whole is erased: see `verbatimModuleSyntax`. */
function isErased(node) {
  return ts.isExportDeclaration(node)
    ? node.isTypeOnly
    : node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** What `manifests/firmware.json` has to say. */
export function firmwareManifest() {
  const [first, ...others] = Object.values(MAIN).map((main) => modulesOf(main).own);
  const shared = first.filter((name) => others.every((names) => names.includes(name)));
  return {
    modules: Object.fromEntries(shared.map((name) => [name, `../firmware/${name}`])),
    preload: shared,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(
    join(root, "manifests", "firmware.json"),
    `${JSON.stringify(firmwareManifest(), null, 2)}\n`,
  );
