/** The stream errors with which bad input is refused (RFC 6120 4.9.3 and 11). */

import { StreamError } from "../errors.js";

/** What XML 1.0 or Namespaces in XML 1.0 forbids. */
export function malformed(text: string): StreamError {
  return new StreamError("not-well-formed", text);
}

/** What XML has and RFC 6120 11.1 forbids. */
export function restricted(what: string): StreamError {
  return new StreamError("restricted-xml", `${what} is not allowed in a stream`);
}

/**
 * What goes beyond one of the {@link Limits}. It may be one stranger's message, so unlike a policy of the server's
 * it is no reason to stay away for long.
 */
export function excess(what: string, limit: number): StreamError {
  return new StreamError("policy-violation", `more than ${limit} ${what}`, "now");
}
