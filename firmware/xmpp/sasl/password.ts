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
  // Control and format characters, and unassigned, private or non-ASCII space ones, are where the profiles part.
  if (prepared === undefined || /[\p{C}]|(?! )\p{Z}/u.test(prepared))
    throw new ConfigError(
      "password",
      "the password has characters that servers may read differently; use ASCII",
    );
  return prepared;
}
