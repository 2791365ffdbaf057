/** What holds for all of `firmware/`, so that it runs on a microcontroller, and a thousand times in one process. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const firmware = join(root, "firmware");

const sources = new Map<string, ts.SourceFile>();
for (const name of readdirSync(firmware, { recursive: true, encoding: "utf8" }))
  if (name.endsWith(".ts") && !name.endsWith(".d.ts"))
    sources.set(
      name,
      ts.createSourceFile(
        name,
        readFileSync(join(firmware, name), "utf8"),
        ts.ScriptTarget.ES2022,
        true,
      ),
    );

const files = [...sources.keys()].sort();

function source(file: string): ts.SourceFile {
  return sources.get(file) as ts.SourceFile;
}

/** A node and everything in it. */
function nodesOf(node: ts.Node): ts.Node[] {
  const nodes = [node];
  for (const outer of nodes) ts.forEachChild(outer, (inner) => void nodes.push(inner));
  return nodes;
}

/** Where a node stands, for whoever has to look, with its text. */
function place(node: ts.Node): string {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${file.fileName}:${line + 1}: ${node.getText().slice(0, 80)}`;
}

interface Import {
  node: ts.Node;
  specifier: string;
  /** Whether nothing is left of it at run time. */
  isType: boolean;
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  for (const node of nodesOf(source(file))) {
    if (ts.isImportDeclaration(node))
      found.push({
        node,
        specifier: (node.moduleSpecifier as ts.StringLiteral).text,
        isType: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
      });
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
      found.push({
        node,
        specifier: (node.moduleSpecifier as ts.StringLiteral).text,
        isType: node.isTypeOnly,
      });
    else if (
      ts.isImportTypeNode(node) ||
      (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    )
      found.push({ node, specifier: "written in place", isType: false });
  }
  return found;
}

/** The file that an import of `file` means. */
function targetOf(file: string, { specifier }: Import): string {
  return relative(firmware, resolve(firmware, dirname(file), specifier)).replace(/\.js$/, ".ts");
}

/** What each part may import. `*` stands for the files of a folder without those of its folders. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "io.ts": [],
  "programs/": ["programs/"],
  "tls/": ["tls/", "xmpp/*", "io.ts"],
  "xmpp/*": ["xmpp/*"],
  "xmpp/xml/": ["xmpp/xml/", "xmpp/*"],
  "xmpp/sasl/": ["xmpp/sasl/", "xmpp/*", "io.ts"],
  "xmpp/stanza/": ["xmpp/stanza/", "xmpp/xml/", "xmpp/*", "io.ts"],
  "xmpp/extensions/": ["xmpp/extensions/", "xmpp/stanza/", "xmpp/xml/", "xmpp/*", "io.ts"],
  "xmpp/stream/": ["xmpp/stream/", "xmpp/sasl/", "xmpp/stanza/", "xmpp/xml/", "xmpp/*", "io.ts"],
  "client/": ["client/", "xmpp/", "io.ts"],
  "outbox/": ["outbox/", "xmpp/", "io.ts"],
  "sensors/": ["sensors/", "programs/", "telemetry/", "xmpp/*", "io.ts"],
  "telemetry/": ["telemetry/", "outbox/", "client/", "xmpp/", "io.ts"],
  "device.ts": ["telemetry/", "sensors/", "outbox/", "client/", "xmpp/", "io.ts"],
  // The one place that knows the SDK: its modules are declared in `.d.ts` files there.
  "board/sdk/": ["board/", "sensors/", "tls/", "xmpp/", "io.ts"],
  "board/": [
    "board/",
    "programs/",
    "device.ts",
    "telemetry/",
    "sensors/",
    "outbox/",
    "client/",
    "tls/",
    "xmpp/",
    "io.ts",
  ],
};

function isIn(part: string, file: string): boolean {
  if (!part.endsWith("*")) return file.startsWith(part);
  return file.startsWith(part.slice(0, -1)) && !file.includes("/", part.length - 1);
}

describe("imports", () => {
  test.each(files)("%s: relative, with .js at the end, and in one direction", (file) => {
    const layer = Object.keys(LAYERS).find((part) => isIn(part, file));
    if (layer === undefined) throw new Error(`${file} is in none of the layers`);
    for (const found of importsOf(file)) {
      if (layer === "board/sdk/" && !found.specifier.startsWith(".")) continue;
      if (!/^\.\.?\/.*\.js$/.test(found.specifier))
        throw new Error(`neither relative nor with .js: ${place(found.node)}`);
      const target = targetOf(file, found);
      if (!sources.has(target)) throw new Error(`not of the firmware: ${place(found.node)}`);
      if (!LAYERS[layer]?.some((part) => isIn(part, target)))
        throw new Error(`${layer} may not know it: ${place(found.node)}`);
      if (target === "io.ts" && !found.isType)
        throw new Error(`io.ts has types alone: ${place(found.node)}`);
    }
  });

  test("there is no cycle of what is left of them at run time", () => {
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) throw new Error([...path, file].join(" -> "));
      if (done.has(file)) return;
      for (const found of importsOf(file))
        if (!found.isType && found.specifier.startsWith("."))
          visit(targetOf(file, found), [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(done.size).toBe(files.length);
  });
});

describe("there is no state outside of objects, and nothing happens when a module is loaded", () => {
  test.each(files)("%s", (file) => {
    checkState(source(file));
  });

  test.each([
    "let x = 1;",
    "const x = [];",
    "const x = [1] as const;",
    "const x = {};",
    "const x = new Map();",
    "const x = new Uint8Array(1);",
    "const x = /a/g;",
    "const x = /a/uy;",
    "const x = Object.freeze([[]]);",
    "const x = Object.freeze({ y: [] });",
    "const x = Object.freeze(new Map());",
    "const x = y();",
    "class A { static x = 1 }",
    "class A { static readonly x = [] }",
    "class A { static { start(); } }",
    "start();",
    "if (x) start();",
  ])("the rule is broken by %s", (text) => {
    expect(() => checkState(snippet(text))).toThrow("snippet.ts:1");
  });
});

function snippet(text: string): ts.SourceFile {
  return ts.createSourceFile("snippet.ts", text, ts.ScriptTarget.ES2022, true);
}

function checkState(file: ts.SourceFile): void {
  for (const statement of file.statements) {
    if (!PASSIVE.includes(statement.kind)) throw new Error(`is run: ${place(statement)}`);
    if (!ts.isVariableStatement(statement)) continue;
    if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0)
      throw new Error(`not a const: ${place(statement)}`);
    for (const declaration of statement.declarationList.declarations)
      if (declaration.initializer === undefined || !isConstant(declaration.initializer))
        throw new Error(`may change: ${place(declaration)}`);
  }
  for (const node of nodesOf(file)) {
    if (ts.isPropertyDeclaration(node) && isStatic(node) && !isConstantField(node))
      throw new Error(`may change: ${place(node)}`);
    if (ts.isClassStaticBlockDeclaration(node)) throw new Error(`is run: ${place(node)}`);
  }
}

const PASSIVE: readonly ts.SyntaxKind[] = [
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.VariableStatement,
];

function isStatic(node: ts.PropertyDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false;
}

function isConstantField(node: ts.PropertyDeclaration): boolean {
  const isReadonly = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword);
  return isReadonly === true && node.initializer !== undefined && isConstant(node.initializer);
}

/**
 * Whether the value of an expression can never change: a primitive, a function, a regular expression without
 * a position of its own, or a list or record of such that is frozen. `as const` does not freeze anything: the
 * linker of XS would keep a copy in RAM for it to change.
 */
function isConstant(node: ts.Expression): boolean {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return isConstant(node.expression);
  if (ts.isRegularExpressionLiteral(node)) return !/[gy]/.test(flagsOf(node));
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return true;
  if (ts.isCallExpression(node) && node.expression.getText() === "Object.freeze")
    return node.arguments.length === 1 && isFreezable(node.arguments[0] as ts.Expression);
  return isPrimitive(node);
}

/** Whether `Object.freeze` of this can never change. */
function isFreezable(node: ts.Expression): boolean {
  if (ts.isAsExpression(node)) return isFreezable(node.expression);
  if (ts.isArrayLiteralExpression(node))
    return node.elements.every((element) =>
      isConstant(ts.isSpreadElement(element) ? element.expression : element),
    );
  if (ts.isObjectLiteralExpression(node))
    return node.properties.every(
      (property) =>
        ts.isMethodDeclaration(property) ||
        (ts.isPropertyAssignment(property) && isConstant(property.initializer)),
    );
  return false;
}

/** What can be seen to be a number, a string or a boolean; or is another constant, for which all this holds. */
function isPrimitive(node: ts.Expression): boolean {
  if (ts.isBinaryExpression(node)) return isPrimitive(node.left) && isPrimitive(node.right);
  if (ts.isParenthesizedExpression(node)) return isPrimitive(node.expression);
  if (ts.isPrefixUnaryExpression(node)) return isPrimitive(node.operand);
  if (ts.isPropertyAccessExpression(node)) return node.name.text === "length";
  if (ts.isCallExpression(node)) return isNumberFunction(node.expression);
  return (
    ts.isLiteralExpression(node) ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword ||
    ts.isIdentifier(node)
  );
}

/** Whether it names a function of the same file that says it returns a number. */
function isNumberFunction(node: ts.Expression): boolean {
  return node
    .getSourceFile()
    .statements.some(
      (statement) =>
        ts.isFunctionDeclaration(statement) &&
        statement.name?.text === node.getText() &&
        statement.type?.kind === ts.SyntaxKind.NumberKeyword,
    );
}

function flagsOf(node: ts.RegularExpressionLiteral): string {
  return node.text.slice(node.text.lastIndexOf("/") + 1);
}

describe("there is nothing that the engine of a microcontroller cannot do", () => {
  test.each(files)("%s", (file) => {
    checkEngine(source(file));
  });

  test.each([
    "const x = /\\p{L}/u;",
    "const x = tag`text`;",
    "async function f() {}",
    "const f = async () => 1;",
    "function f(x: string) { return x.normalize(); }",
    "function f(x: string) { try { g(); } catch { return x.normalize(); } }",
  ])("the rule is broken by %s", (text) => {
    expect(() => checkEngine(snippet(text))).toThrow("snippet.ts:1");
  });
});

function checkEngine(file: ts.SourceFile): void {
  for (const node of nodesOf(file)) {
    if (ts.isRegularExpressionLiteral(node) && /\\p\{/i.test(node.text))
      throw new Error(`XS without tables of Unicode does not compile it: ${place(node)}`);
    if (ts.isTaggedTemplateExpression(node)) throw new Error(`a tagged template: ${place(node)}`);
    if (isAsync(node)) throw new Error(`callbacks, not promises: ${place(node)}`);
    if (isCallOf(node, "normalize") && !isTried(node))
      throw new Error(`throws on XS without tables of Unicode: ${place(node)}`);
  }
}

function isAsync(node: ts.Node): boolean {
  return (
    ts.isFunctionLike(node) &&
    (ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.Async) !== 0
  );
}

function isCallOf(node: ts.Node, method: string): boolean {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === method
  );
}

/** Whether it happens inside `try`; or behind `requireTables`, which has tried it. */
function isTried(node: ts.Node): boolean {
  for (let outer = node.parent; outer !== undefined; outer = outer.parent)
    if (
      ts.isTryStatement(outer) &&
      outer.tryBlock.pos <= node.pos &&
      node.end <= outer.tryBlock.end
    )
      return true;
  return node.getSourceFile().fileName === "xmpp/precis.ts";
}

describe("the compiler", () => {
  const load = (file: string): ts.ParsedCommandLine => {
    const { config, error } = ts.readConfigFile(file, ts.sys.readFile);
    if (error !== undefined) throw new Error(String(error.messageText));
    return ts.parseJsonConfigFileContent(config, ts.sys, dirname(file), undefined, file);
  };
  // Sensor programs are a part of their own: there an index may be out of range, as AssemblyScript sees to it.
  const parts = ["tsconfig.json", "programs/tsconfig.json"].map((file) =>
    load(join(firmware, file)),
  );

  test.each(parts)(
    "lets the firmware see ES2022 and nothing else ($options.configFilePath)",
    ({ options }) => {
      expect(options.lib).toEqual(["lib.es2022.d.ts"]);
      expect(options.types).toEqual([]);
      expect(options.target).toBe(ts.ScriptTarget.ES2022);
      expect(options).toMatchObject({
        strict: true,
        exactOptionalPropertyTypes: true,
        verbatimModuleSyntax: true,
        erasableSyntaxOnly: true,
      });
    },
  );

  test("looks at all of it", () => {
    const names = parts
      .flatMap(({ fileNames }) => fileNames)
      .filter((name) => !name.endsWith(".d.ts"));
    expect(names.map((name) => relative(firmware, name)).sort()).toEqual(files);
    const { references } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config;
    expect(references).toContainEqual({ path: "firmware" });
    expect(parts.map(({ options }) => options.noUncheckedIndexedAccess)).toEqual([true, false]);
  });
});
