/** Where a server is, when DNS is not to say. */

export interface ServerAddress {
  readonly host: string;
  readonly port?: number;
  readonly security: "starttls" | "direct";
}

const ADDRESS = /^(xmpps?):\/\/(?:\[([0-9a-f:.]+)\]|([^/:@\s[\]]+))(?::([0-9]+))?\/?$/i;

/**
 * Reads `xmpp://host[:port]` (STARTTLS) or `xmpps://host[:port]` (TLS from the start).
 * @returns `undefined` for anything else
 */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const match = ADDRESS.exec(text);
  const host = match?.[2] ?? match?.[3];
  if (match === null || host === undefined) return undefined;
  const port = match[4] === undefined ? undefined : Number(match[4]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const security = match[1]?.toLowerCase() === "xmpps" ? "direct" : "starttls";
  return { host, security, ...(port === undefined ? {} : { port }) };
}
