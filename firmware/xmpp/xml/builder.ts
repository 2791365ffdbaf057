/** Builds elements from tokens: one for each whole child of the stream's own element. */

import { Element, type Node } from "./element.js";
import type { TokenSink } from "./tokenizer.js";

/** What a stream consists of, seen from one side (RFC 6120 4.2). */
export interface StreamSink {
  /** The stream's own start tag. It has no children yet. */
  onHeader(header: Element): void;
  /** A whole first-level element: a stanza, or one of the elements of negotiation. */
  onElement(element: Element): void;
  /**
   * A first-level element is too big. `onElement` gives it without content when it has ended.
   * @returns `false` if it cannot be done without, and the stream has to end; as it has to where this is absent
   */
  onExcess?(element: Element): boolean;
  /** The stream's own end tag. */
  onEnd(): void;
}

/** Decides whether `child` is worth keeping, given the first-level element that it is a child of. */
export type KeepPolicy = (parent: Element, name: string, namespace: string) => boolean;

export class ElementBuilder implements TokenSink {
  readonly #sink: StreamSink;
  readonly #keep: KeepPolicy;
  /** The open elements below the stream's own, with the lists their children go into. */
  readonly #open: Element[] = [];
  readonly #children: Node[][] = [];
  #inStream = false;

  constructor(sink: StreamSink, keep: KeepPolicy) {
    this.#sink = sink;
    this.#keep = keep;
  }

  start(name: string, namespace: string, attributes: string[]): boolean {
    const children: Node[] = [];
    const element = new Element(name, namespace, attributes, children);
    if (!this.#inStream) {
      this.#inStream = true;
      this.#sink.onHeader(element);
      return true;
    }
    const kept = this.#open.length !== 1 || this.#keep(this.#open[0] as Element, name, namespace);
    if (kept) this.#children[this.#children.length - 1]?.push(element);
    this.#open.push(element);
    this.#children.push(children);
    return kept;
  }

  text(text: string): void {
    this.#children[this.#children.length - 1]?.push(text);
  }

  end(): void {
    const element = this.#open.pop();
    this.#children.pop();
    if (element === undefined) this.#sink.onEnd();
    else if (this.#open.length === 0) this.#sink.onElement(element);
  }

  abandon(): boolean {
    if (!this.#sink.onExcess?.(this.#open[0] as Element)) return false;
    this.#open.length = this.#children.length = 1;
    (this.#children[0] as Node[]).length = 0;
    return true;
  }
}
