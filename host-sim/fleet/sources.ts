/** Where the connections of a fleet come from. */

import { readFileSync } from "node:fs";
import type { TCPConstructor, TCPOptions } from "../../firmware/io.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { TCP } from "../node/tcp.js";

/** Connections from one address to one port of a server: well below the 28,232 ports that Linux gives out. */
const PER_ADDRESS = 20_000;

/** Files that a process has open beside its connections, with room to spare. */
const OTHER_FILES = 100;

/**
 * A TCP whose connections to this machine come from 127.0.0.1, and after so many from 127.0.0.2 and so on. Other
 * systems than Linux have one loopback address only.
 * @param shard which process of a fleet this is: each begins at an address of its own
 */
export function spreadTCP(shard: number): TCPConstructor {
  let count = shard * PER_ADDRESS;
  return class extends TCP {
    constructor(options: TCPOptions) {
      const isLocal = "address" in options && options.address.startsWith("127.");
      const host = (Math.floor(count / PER_ADDRESS) % 250) + 1;
      if (isLocal) count++;
      super(
        isLocal && host > 1 && process.platform === "linux"
          ? { ...options, localAddress: `127.0.0.${host}` }
          : options,
      );
    }
  };
}

/**
 * Sees that this process may have so many connections.
 * @throws ConfigError `open-files` when it may not
 */
export function checkOpenFiles(devices: number, limit: number = openFileLimit()): void {
  const needed = devices + OTHER_FILES;
  if (needed <= limit) return;
  throw new ConfigError(
    "open-files",
    `${devices} devices need ${needed} open files, and a process may have ${limit} here. ` +
      `Allow more with ulimit -n ${needed}, or spread them: --processes ${Math.ceil(devices / (limit - OTHER_FILES))}`,
  );
}

/** How many files this process may open. Node has raised its own limit as far as it may. */
function openFileLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files +([0-9]+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY; // not Linux
  }
}
