/** The names of nodes, some of them by patterns. */

import type { PubSub } from "../../firmware/xmpp/extensions/pubsub.js";
import { listNodes } from "../../firmware/xmpp/extensions/pubsub-lists.js";
import { promised } from "../cli/session.js";

/** Characters of a name that a pattern may stand for: strangers make up names, and an index has to take them. */
const MAX_LENGTH = 500;

export class NodeNames {
  /** Those that are no patterns. */
  readonly plain: readonly string[];
  readonly #patterns: readonly RegExp[];

  /** @param names those with a `*` or a `?` in them are patterns: any characters, and any one */
  constructor(names: readonly string[]) {
    const isPattern = (name: string): boolean => /[*?]/.test(name);
    this.plain = names.filter((name) => !isPattern(name));
    this.#patterns = names.filter(isPattern).map(toRegExp);
  }

  /** Whether a pattern stands for this name. */
  match(node: string): boolean {
    return node.length <= MAX_LENGTH && this.#patterns.some((pattern) => pattern.test(node));
  }

  /** The nodes there are at present that patterns stand for. @throws XmppError */
  async find(pubsub: PubSub): Promise<string[]> {
    if (this.#patterns.length === 0) return [];
    const nodes = await promised<string[]>((done) => listNodes(pubsub, done));
    return nodes.filter((node) => this.match(node));
  }
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replace(/(\\\*)+/g, ".*") // several in a row would take exponential time, and mean the same
    .replaceAll("\\?", ".");
  return new RegExp(`^${source}$`, "su");
}
