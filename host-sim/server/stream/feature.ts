/** Streams are negotiated feature by feature (RFC 6120 4.3.2); each is a file of its own. */

import type { Element } from "../../../firmware/xmpp/xml/element.js";
import type { ServerStream } from "./stream.js";

/** A feature of one stream, or of all of them if it keeps nothing. */
export interface Feature {
  /** The namespace of its first-level elements. */
  readonly namespace: string;
  /** What to put among the features of a stream that has just been opened, if anything. */
  offer(stream: ServerStream): Element | undefined;
  /**
   * Takes an element of its namespace.
   * @throws StreamError to end the stream
   */
  receive(element: Element, stream: ServerStream): void;
}
