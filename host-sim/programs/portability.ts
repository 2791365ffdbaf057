/**
 * Finds what would mean one thing in TypeScript and another in AssemblyScript, or may differ from engine to
 * engine. What AssemblyScript's compiler refuses by itself is left to it; what it takes and does otherwise
 * than JavaScript is not: whole numbers that wrap and divide without a rest, a NaN that counts as true,
 * variables that begin as 0, a sine of its own.
 *
 * So that nothing is forgotten, it is a list of what may be used. `docs/programs.md` says it for people.
 */

import ts from "typescript";

export interface Finding {
  /** `file:line:column`, counted from 1. */
  readonly place: string;
  /** What is wrong, and what to write in its place. */
  readonly text: string;
}

/** What IEEE 754 gives exactly, so that every engine agrees. */
const MATH = ["abs", "ceil", "floor", "max", "min", "sqrt"];

const GLOBALS = ["Infinity", "NaN"];

const TYPES = ["i32", "f64", "boolean", "void", "Float64Array"];

/** Statements, declarations and what they are made of. */
const STRUCTURE = new Set([
  ts.SyntaxKind.SourceFile,
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.PropertyDeclaration,
  ts.SyntaxKind.MethodDeclaration,
  ts.SyntaxKind.Constructor,
  ts.SyntaxKind.Parameter,
  ts.SyntaxKind.VariableStatement,
  ts.SyntaxKind.VariableDeclarationList,
  ts.SyntaxKind.VariableDeclaration,
  ts.SyntaxKind.Block,
  ts.SyntaxKind.ExpressionStatement,
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.ReturnStatement,
  ts.SyntaxKind.BreakStatement,
  ts.SyntaxKind.ContinueStatement,
  ts.SyntaxKind.EmptyStatement,
  ts.SyntaxKind.ExportKeyword,
  ts.SyntaxKind.PrivateKeyword,
  ts.SyntaxKind.ReadonlyKeyword,
  ts.SyntaxKind.EndOfFileToken,
]);

const EXPRESSIONS = new Set([
  ts.SyntaxKind.Identifier,
  ts.SyntaxKind.ThisKeyword,
  ts.SyntaxKind.NumericLiteral,
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.TrueKeyword,
  ts.SyntaxKind.FalseKeyword,
  ts.SyntaxKind.ParenthesizedExpression,
  ts.SyntaxKind.PrefixUnaryExpression,
  ts.SyntaxKind.PostfixUnaryExpression,
  ts.SyntaxKind.BinaryExpression,
  ts.SyntaxKind.ConditionalExpression,
  ts.SyntaxKind.PropertyAccessExpression,
  ts.SyntaxKind.ElementAccessExpression,
  ts.SyntaxKind.CallExpression,
  ts.SyntaxKind.NewExpression,
]);

const OPERATORS = new Set([
  ..."+ - * / % += -= *= /= %= = < <= > >= === !== && || & | ^ << >> &= |= ^= <<= >>= ! ++ -- ~".split(
    " ",
  ),
]);

/** What an expression is. A literal without a dot is either kind of number; `other` is an object. */
type Kind = "i32" | "f64" | "literal" | "boolean" | "other";

/**
 * @param files the program, and the files that it imports, by their names without folder or ending
 * @param name the one to look through
 */
export function findUnportable(
  files: ReadonlyMap<string, ts.SourceFile>,
  name: string,
): readonly Finding[] {
  const file = files.get(name);
  return file === undefined ? [] : new Search(files, file).run();
}

class Search {
  readonly #file: ts.SourceFile;
  readonly #findings: Finding[] = [];
  /** Functions and classes, of this file and of those that it imports. */
  readonly #declarations = new Map<string, ts.FunctionDeclaration | ts.ClassDeclaration>();
  readonly #variables = new Map<string, ts.TypeNode | undefined>();

  constructor(files: ReadonlyMap<string, ts.SourceFile>, file: ts.SourceFile) {
    this.#file = file;
    for (const { statements } of files.values())
      for (const statement of statements)
        if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
          if (statement.name !== undefined) this.#declarations.set(statement.name.text, statement);
    // Those of this file hide others of the same name.
    for (const statement of file.statements)
      if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
        if (statement.name !== undefined) this.#declarations.set(statement.name.text, statement);
  }

  run(): readonly Finding[] {
    for (const statement of this.#file.statements) this.#topLevel(statement);
    return this.#findings;
  }

  #topLevel(statement: ts.Statement): void {
    if (ts.isVariableStatement(statement)) {
      if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0)
        this.#report(
          statement,
          "is shared by all devices of a process, and read-only on a chip; keep it in the class Program",
        );
      for (const { initializer } of statement.declarationList.declarations)
        if (initializer !== undefined && !isNumber(initializer))
          this.#report(initializer, "is not a number; only those may stand outside of functions");
    } else if (
      !ts.isImportDeclaration(statement) &&
      !ts.isFunctionDeclaration(statement) &&
      !ts.isClassDeclaration(statement)
    )
      this.#report(statement, "stands outside of functions and classes");
    this.#visit(statement);
  }

  #visit(node: ts.Node): void {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isTypeNode(node) && !ts.isExpression(node)) return this.#type(node);
    if (!STRUCTURE.has(node.kind) && !EXPRESSIONS.has(node.kind)) {
      if (!ts.isToken(node) || ts.isModifier(node))
        return this.#report(node, "is not for sensor programs");
      return;
    }
    this.#check(node);
    ts.forEachChild(node, (child) => this.#visit(child));
  }

  #check(node: ts.Node): void {
    if (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node))
      this.#declaration(node);
    else if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) {
      if (node.type === undefined) this.#report(node.name ?? node, "does not say what it returns");
    } else if (ts.isClassDeclaration(node)) {
      for (const clause of node.heritageClauses ?? [])
        this.#report(clause, "is not for sensor programs; put an object into a field instead");
    } else if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node))
      this.#condition(node.expression);
    else if (ts.isForStatement(node)) {
      if (node.condition !== undefined) this.#condition(node.condition);
    } else if (ts.isConditionalExpression(node)) this.#condition(node.condition);
    else if (ts.isBinaryExpression(node)) this.#binary(node);
    else if (ts.isPrefixUnaryExpression(node)) {
      if (node.operator === ts.SyntaxKind.ExclamationToken) this.#condition(node.operand);
      if (node.operator === ts.SyntaxKind.PlusToken) this.#report(node, "does nothing");
    } else if (ts.isCallExpression(node)) this.#call(node);
    else if (ts.isNewExpression(node)) this.#creation(node);
    else if (ts.isStringLiteral(node) && !ts.isCallExpression(node.parent))
      this.#report(node, "is a text; those are for describe alone");
  }

  #declaration(
    node: ts.VariableDeclaration | ts.PropertyDeclaration | ts.ParameterDeclaration,
  ): void {
    if (!ts.isIdentifier(node.name)) return this.#report(node.name, "takes apart");
    this.#variables.set(node.name.text, node.type);
    if (node.type === undefined)
      this.#report(node, "has no type; AssemblyScript would take 0 for an i32. Write i32 or f64");
    if (!ts.isVariableDeclaration(node) && mayBeLeftOut(node))
      this.#report(node, "may be left out; AssemblyScript has no undefined");
    const begins =
      node.initializer !== undefined ||
      ts.isParameter(node) ||
      (ts.isPropertyDeclaration(node) && setInConstructor(node));
    if (!begins)
      this.#report(node, "has no value to begin with: 0 in AssemblyScript, else undefined");
  }

  #type(node: ts.TypeNode): void {
    if (ts.isArrayTypeNode(node)) return this.#type(node.elementType);
    const name = node.getText(this.#file);
    if (TYPES.includes(name) || this.#declarations.has(name)) return;
    if (name === "Description" || name === "Records") return;
    const instead =
      name === "number" ? "; write i32 or f64" : `; there are ${TYPES.join(", ")}, and classes`;
    this.#report(node, `is not a type for sensor programs${instead}`);
  }

  #condition(node: ts.Expression): void {
    if (this.#kind(node) === "boolean") return;
    this.#report(node, "is not a boolean: NaN is true in AssemblyScript; compare it");
  }

  #binary(node: ts.BinaryExpression): void {
    const operator = node.operatorToken.getText(this.#file);
    if (!OPERATORS.has(operator))
      return this.#report(node.operatorToken, "is not for sensor programs");
    if (operator === "&&" || operator === "||") {
      this.#condition(node.left);
      this.#condition(node.right);
      return;
    }
    const kinds = [this.#kind(node.left), this.#kind(node.right)];
    if (!kinds.every((kind) => kind === "i32" || kind === "literal")) return;
    if (operator === "/" || operator === "/=")
      this.#report(
        node,
        "divides whole numbers, which AssemblyScript does without a rest; use f64",
      );
    else if ((operator === "%" || operator === "%=") && !isNumber(node.right))
      this.#report(node, "traps in AssemblyScript when the divisor is 0; use f64");
    else if ((operator === "*" || operator === "*=") && !kinds.includes("literal"))
      this.#report(node, "wraps around in AssemblyScript when it is too large; use f64");
  }

  #call(node: ts.CallExpression): void {
    const { expression } = node;
    if (ts.isPropertyAccessExpression(expression)) {
      if (expression.expression.getText(this.#file) !== "Math") return;
      if (MATH.includes(expression.name.text)) return;
      return this.#report(
        expression,
        `differs between engines; there are ${MATH.map((name) => `Math.${name}`).join(", ")}, and firmware/programs/math.ts`,
      );
    }
    if (!ts.isIdentifier(expression) || !this.#declarations.has(expression.text))
      this.#report(expression, "is not a function of this program");
  }

  #creation(node: ts.NewExpression): void {
    const name = node.expression.getText(this.#file);
    if (name !== "Float64Array" && !this.#declarations.has(name))
      this.#report(node, "is not a class of this program");
    for (let outer = node.parent; !ts.isSourceFile(outer); outer = outer.parent)
      if (ts.isConstructorDeclaration(outer) || ts.isPropertyDeclaration(outer)) return;
    this.#report(node, "takes memory that is never given back on a chip; do it in the constructor");
  }

  #kind(node: ts.Expression): Kind {
    if (ts.isParenthesizedExpression(node)) return this.#kind(node.expression);
    if (ts.isNumericLiteral(node))
      return /[.eE]/.test(node.getText(this.#file)) ? "f64" : "literal";
    if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword)
      return "boolean";
    if (ts.isIdentifier(node))
      return GLOBALS.includes(node.text) ? "f64" : kindOf(this.#variables.get(node.text));
    if (ts.isPrefixUnaryExpression(node))
      return node.operator === ts.SyntaxKind.ExclamationToken
        ? "boolean"
        : this.#kind(node.operand);
    if (ts.isPostfixUnaryExpression(node)) return this.#kind(node.operand);
    if (ts.isConditionalExpression(node))
      return wider(this.#kind(node.whenTrue), this.#kind(node.whenFalse));
    if (ts.isElementAccessExpression(node)) return "f64"; // of a Float64Array
    if (ts.isPropertyAccessExpression(node)) return this.#property(node);
    if (ts.isCallExpression(node)) return this.#result(node.expression);
    if (ts.isBinaryExpression(node)) return this.#outcome(node);
    return "other";
  }

  #outcome(node: ts.BinaryExpression): Kind {
    const operator = node.operatorToken.getText(this.#file);
    if (["<", "<=", ">", ">=", "===", "!==", "&&", "||"].includes(operator)) return "boolean";
    if (["&", "|", "^", "<<", ">>"].includes(operator)) return "i32";
    if (operator.endsWith("=")) return this.#kind(node.left);
    return wider(this.#kind(node.left), this.#kind(node.right));
  }

  #property(node: ts.PropertyAccessExpression): Kind {
    if (node.name.text === "length") return "i32";
    return kindOf(this.#member(node)?.type);
  }

  #result(expression: ts.Expression): Kind {
    if (ts.isIdentifier(expression)) {
      const declared = this.#declarations.get(expression.text);
      return declared !== undefined && ts.isFunctionDeclaration(declared)
        ? kindOf(declared.type)
        : "other";
    }
    if (!ts.isPropertyAccessExpression(expression)) return "other";
    if (expression.expression.getText(this.#file) === "Math") return "f64";
    return kindOf(this.#member(expression)?.type);
  }

  /** The field or method that is meant: by its name, in the class of `this` or any other that is in sight. */
  #member(
    node: ts.PropertyAccessExpression,
  ): { readonly type?: ts.TypeNode | undefined } | undefined {
    const classes = [...this.#declarations.values()].filter(ts.isClassDeclaration);
    let own: ts.Node = node;
    while (!ts.isClassDeclaration(own) && !ts.isSourceFile(own)) own = own.parent;
    const candidates =
      node.expression.kind === ts.SyntaxKind.ThisKeyword && ts.isClassDeclaration(own)
        ? [own]
        : classes;
    for (const { members } of candidates)
      for (const member of members)
        if (
          (ts.isPropertyDeclaration(member) || ts.isMethodDeclaration(member)) &&
          member.name.getText() === node.name.text
        )
          return member;
    return undefined;
  }

  #report(node: ts.Node, text: string): void {
    const { line, character } = this.#file.getLineAndCharacterOfPosition(node.getStart(this.#file));
    const what = node.getText(this.#file).replace(/\s+/g, " ");
    const quoted = what.length > 40 ? `${what.slice(0, 39)}…` : what;
    this.#findings.push({
      place: `${this.#file.fileName}:${line + 1}:${character + 1}`,
      text: `${quoted} ${text}`,
    });
  }
}

function mayBeLeftOut(node: ts.PropertyDeclaration | ts.ParameterDeclaration): boolean {
  return (
    node.questionToken !== undefined || (ts.isParameter(node) && node.initializer !== undefined)
  );
}

function kindOf(type: ts.TypeNode | undefined): Kind {
  const name = type?.getText();
  return name === "i32" || name === "f64" || name === "boolean" ? name : "other";
}

function wider(one: Kind, other: Kind): Kind {
  if (one === "f64" || other === "f64") return "f64";
  return one === "literal" ? other : one;
}

function isNumber(node: ts.Expression): boolean {
  return ts.isNumericLiteral(ts.isPrefixUnaryExpression(node) ? node.operand : node);
}

/** Whether the constructor assigns to a field, somewhere. */
function setInConstructor(property: ts.PropertyDeclaration): boolean {
  const name = property.name.getText();
  return property.parent.members.some(
    (member) =>
      ts.isConstructorDeclaration(member) && member.body?.getText().includes(`this.${name} =`),
  );
}
