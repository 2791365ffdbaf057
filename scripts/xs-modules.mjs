/**
 * From a TypeScript module to the JavaScript that XS is to compile: less code, and less memory. Only one module
 * is looked at at a time, so every one still loads by itself.
 */

import { minifySync, transformSync } from "@swc/core";
import ts from "typescript";

/** Fields get their values in the constructor, which takes half the code. */
const TRANSFORM = {
  jsc: {
    parser: { syntax: "typescript" },
    target: "es2022",
    transform: { useDefineForClassFields: false, verbatimModuleSyntax: true },
  },
  module: { type: "es6" },
};

/**
 * Puts constants into their places. Nothing else: XS has no use for most of what makes JavaScript short. Names
 * that abort reports show stay.
 */
const MINIFY = {
  module: true,
  compress: { defaults: false, keep_fnames: true, reduce_vars: true, toplevel: true, unused: true },
  mangle: { keep_classnames: true, keep_fnames: true },
};

/**
 * Compiles a module.
 * @param name its path, for messages
 * @throws Error when it cannot be compiled
 */
export function compileModule(name, source) {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true);
  const edits = [];
  const visit = (node) => {
    exposePrivate(node, edits);
    returnLast(node, edits);
    ts.forEachChild(node, visit);
  };
  visit(file);
  const { code } = transformSync(apply(edits, source), { filename: name, ...TRANSFORM });
  return minifySync(code, MINIFY).code.replaceAll(/\bvoid 0\b/g, "undefined"); // which is one instruction of XS
}

/**
 * Makes ordinary properties of private ones, `_name` of `#name`. TypeScript has seen to it that nobody else
 * uses them, and to have XS see to it again is dear: it takes a slot of every instance for each private method,
 * and in every call a slot of the stack for each private name that the function uses.
 * @throws Error where the two could differ
 */
function exposePrivate(node, edits) {
  if (ts.isPrivateIdentifier(node)) edits.push({ at: node.getStart(), remove: 1, insert: "_" });
  if (ts.isPrivateIdentifier(node) && ts.isBinaryExpression(node.parent))
    throw new Error(`${place(node)}: "#name in object" does not work with ordinary names`);
  if (ts.isPropertyAccessExpression(node) && node.name.text.startsWith("_"))
    throw new Error(`${place(node)}: private names become names such as this; choose another`);
  if (ts.isClassLike(node) && node.heritageClauses?.some(isExtends) && node.members.some(isPrivate))
    throw new Error(
      `${place(node)}: this class could have private names in common with its parent`,
    );
}

const isExtends = ({ token }) => token === ts.SyntaxKind.ExtendsKeyword;

const isPrivate = ({ name }) => name !== undefined && ts.isPrivateIdentifier(name);

/**
 * Returns the last call of a function that is declared to return nothing, as if that were something: XS gives
 * the place on its stack to a function that is called so.
 */
function returnLast(node, edits) {
  if (node.type?.kind === ts.SyntaxKind.VoidKeyword && node.body && ts.isBlock(node.body))
    returnCall(node.body, edits);
}

function returnCall(statement, edits) {
  if (statement === undefined) return;
  if (ts.isBlock(statement)) {
    returnCall(statement.statements.at(-1), edits);
  } else if (ts.isIfStatement(statement)) {
    returnCall(statement.thenStatement, edits);
    returnCall(statement.elseStatement, edits);
  } else if (ts.isExpressionStatement(statement) && ts.isCallExpression(statement.expression)) {
    edits.push({ at: statement.getStart(), remove: 0, insert: "return " });
  }
}

function apply(edits, source) {
  let text = "";
  let from = 0;
  for (const { at, remove, insert } of edits.sort((a, b) => a.at - b.at)) {
    text += source.slice(from, at) + insert;
    from = at + remove;
  }
  return text + source.slice(from);
}

function place(node) {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
