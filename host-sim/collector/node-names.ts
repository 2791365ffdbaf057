/** The names of nodes, some of them by patterns. */

import type { PubSub } from "../../firmware/xmpp/extensions/pubsub.js";
import { listNodes } from "../../firmware/xmpp/extensions/pubsub-lists.js";
import { promised } from "../cli/session.js";

export class NodeNames {
  readonly #names: readonly string[];
  readonly #patterns: readonly RegExp[];

  /** @param names those with a `*` or a `?` in them are patterns: any characters, and any one */
  constructor(names: readonly string[]) {
    const isPattern = (name: string): boolean => /[*?]/.test(name);
    this.#names = names.filter((name) => !isPattern(name));
    this.#patterns = names.filter(isPattern).map(toRegExp);
  }

  /** Those there are at present; names that are none of a pattern count as being there. @throws XmppError */
  async find(pubsub: PubSub): Promise<Set<string>> {
    const nodes =
      this.#patterns.length === 0
        ? []
        : await promised<string[]>((done) => listNodes(pubsub, done));
    const matching = nodes.filter((node) => this.#patterns.some((pattern) => pattern.test(node)));
    return new Set([...this.#names, ...matching]);
  }
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replace(/(\\\*)+/g, ".*") // several in a row would take exponential time, and mean the same
    .replaceAll("\\?", ".");
  return new RegExp(`^${source}$`, "su");
}
