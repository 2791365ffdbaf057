/** Which prefix stands for which namespace (Namespaces in XML 1.0, 3rd edition). */

import { StreamError } from "../errors.js";
import { NS_XML, NS_XMLNS } from "../namespaces.js";
import { malformed } from "./refusals.js";

export class Scopes {
  /** The bindings in scope, the innermost last. */
  readonly #prefixes: string[] = ["xml"];
  readonly #namespaces: string[] = [NS_XML];
  /** How many bindings there are outside of each open element. */
  readonly #marks: number[] = [];

  /** An element starts; what is declared next is in force in it. */
  open(): void {
    this.#marks.push(this.#prefixes.length);
  }

  /** The innermost element ends. */
  close(): void {
    const mark = this.#marks.pop() as number;
    while (this.#prefixes.length > mark) {
      this.#prefixes.pop();
      this.#namespaces.pop();
    }
  }

  /** Binds a prefix, or with the empty one declares the default namespace (sections 3 and 6.2). */
  declare(prefix: string, namespace: string): void {
    const reserved = prefix === "xml" ? namespace !== NS_XML : namespace === NS_XML;
    if (reserved || prefix === "xmlns" || namespace === NS_XMLNS)
      throw malformed("a reserved prefix or namespace is declared");
    if (prefix !== "" && namespace === "") throw malformed(`the prefix ${prefix} is unbound`);
    const mark = this.#marks[this.#marks.length - 1];
    if (this.#prefixes.includes(prefix, mark))
      throw malformed(`the prefix "${prefix}" is declared twice`);
    this.#prefixes.push(prefix);
    this.#namespaces.push(namespace);
  }

  /** The namespace that a prefix stands for; the empty one may stand for none, which is empty too. */
  resolve(prefix: string): string {
    for (let i = this.#prefixes.length - 1; i >= 0; i--)
      if (this.#prefixes[i] === prefix) return this.#namespaces[i] as string;
    if (prefix === "") return "";
    throw new StreamError("bad-namespace-prefix", `the prefix ${prefix} is bound to no namespace`);
  }

  /** Gives attributes the names under which they are known: as it is, `xml:name`, or `{namespace}name`. */
  expand(attributes: string[]): void {
    for (let i = 0; i < attributes.length; i += 2) {
      const name = attributes[i] as string;
      const colon = name.indexOf(":");
      if (colon < 0) continue;
      const prefix = name.slice(0, colon);
      const namespace = this.resolve(prefix);
      if (prefix !== "xml") attributes[i] = `{${namespace}}${name.slice(colon + 1)}`;
    }
  }
}
