/** The XML declaration, with which a stream may begin (XML 1.0 2.8, RFC 6120 11.5). */

import { StreamError } from "../errors.js";
import { malformed, restricted } from "./refusals.js";

/** Bytes behind "<". Enough for every declaration that says no more than it may. */
export const DECLARATION_BYTES = 128;

/** Production 23 without "<", for version 1.0. The encoding is the first or second group. */
const DECLARATION =
  /^\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:'1\.0'|"1\.0")(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:'([A-Za-z][\w.-]*)'|"([A-Za-z][\w.-]*)"))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:'(?:yes|no)'|"(?:yes|no)"))?[ \t\r\n]*\?>$/;

/** How a declaration begins. Everything else behind "<?" is a processing instruction. */
const BEGINNING = /^\?xml[ \t\r\n]/;

/** Checks what stands behind "<" up to the first ">". */
export function checkDeclaration(text: string): void {
  const match = DECLARATION.exec(text);
  if (match === null) {
    if (!BEGINNING.test(text)) throw restricted("a processing instruction");
    throw malformed("the XML declaration is not one of version 1.0");
  }
  const encoding = match[1] ?? match[2] ?? "UTF-8";
  // RFC 6120 11.6 allows UTF-8 alone.
  if (encoding.toUpperCase() !== "UTF-8")
    throw new StreamError("unsupported-encoding", `${encoding} instead of UTF-8`, "never");
}
