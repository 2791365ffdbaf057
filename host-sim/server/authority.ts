/** The certificate authority of a server, made when it is first needed. */

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { type Authority, createAuthority, loadAuthority } from "./certificates.js";

export interface StoredAuthority {
  readonly authority: Authority;
  /** The file with its certificate, PEM: what clients are to trust. */
  readonly certificateFile: string;
}

/**
 * The authority in a directory: `ca.pem` and `ca-key.pem`, both made if neither is there. The key can make
 * certificates for any name, so only its owner may read it.
 * @throws ConfigError `bad-certificate` when one of the files is missing or damaged, or they do not belong
 *   together
 */
export async function loadOrCreateAuthority(directory: string): Promise<StoredAuthority> {
  const certificateFile = join(directory, "ca.pem");
  const keyFile = join(directory, "ca-key.pem");
  if (!existsSync(certificateFile) && !existsSync(keyFile)) {
    const authority = await createAuthority(`Pipit on ${hostname()}`);
    await mkdir(directory, { recursive: true });
    await writeFile(keyFile, authority.key, { mode: 0o600, flag: "wx" });
    await writeFile(certificateFile, authority.certificate, { flag: "wx" });
    return { authority, certificateFile };
  }
  try {
    const certificate = await readFile(certificateFile, "utf8");
    const key = await readFile(keyFile, "utf8");
    return { authority: await loadAuthority(certificate, key), certificateFile };
  } catch (error) {
    const reason = (error as Error).message;
    throw new ConfigError(
      "bad-certificate",
      `the authority in ${directory} cannot be used: ${reason}; delete ca.pem and ca-key.pem for a new one`,
    );
  }
}
