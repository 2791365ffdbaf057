/** Passwords before they are used. */

import { ConfigError } from "../errors.js";

/**
 * Prepares a password. RFC 5802 has it go through SASLprep, RFC 8265 through the OpaqueString profile, and
 * servers differ in which they do. So a password is taken where both leave the same: ASCII without control
 * characters as it is, other text only if the engine can tell that neither would change it differently.
 * @throws ConfigError `password` for one that two servers could read differently
 */
export function preparePassword(password: string): string {
  if (password === "") throw new ConfigError("password", "the password is empty");
  if (/^[\x20-\x7e]*$/.test(password)) return password;
  let prepared: string | undefined;
  try {
    prepared = password.normalize("NFKC");
    if (prepared !== password.normalize("NFC")) prepared = undefined;
  } catch {
    // XS has no normalize.
  }
  if (prepared === undefined || hasDoubtfulCharacters(prepared))
    throw new ConfigError(
      "password",
      "the password has characters that servers may read differently; use ASCII",
    );
  return prepared;
}

/**
 * The profiles part over control, format, private and unassigned characters, over spaces other than U+0020,
 * and over what SASLprep drops (RFC 3454 B.1). The expression is made when it is needed: XS without tables
 * of Unicode refuses it as a literal.
 */
function hasDoubtfulCharacters(text: string): boolean {
  const dropped = "\u034f\u1806\u180b-\u180d\ufe00-\ufe0f";
  return new RegExp(`\\p{C}|(?! )\\p{Z}|[${dropped}]`, "u").test(text);
}
