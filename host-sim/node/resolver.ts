import * as dns from "node:dns";
import type { Resolver } from "../../firmware/io.js";

/** What {@link Resolver.resolve} takes. */
type Request = Parameters<Resolver["resolve"]>[0];

/**
 * ECMA-419's resolver over the one of the operating system, so that its hosts file counts as well. It
 * asks the servers that the system is set up with, not those of the options. An IPv4 address is
 * preferred; addresses are returned as they are.
 */
export class SystemResolver implements Resolver {
  #isClosed = false;

  /**
   * @throws Error when the resolver is closed
   * @throws TypeError when `host` is not a string, or empty
   */
  resolve({ host, onResolved, onError }: Request): void {
    if (this.#isClosed) {
      throw new Error("the resolver is closed");
    }
    if (host === "") {
      throw new TypeError("host must not be empty");
    }
    dns.lookup(host, { verbatim: false }, (error, address) => {
      if (this.#isClosed) {
        return;
      }
      if (error) {
        onError(host);
      } else {
        onResolved(host, address);
      }
    });
  }

  /** Ends all requests; none of their callbacks is called any more. */
  close(): void {
    this.#isClosed = true;
  }
}

/** The name servers that this machine is set up with, in the form of `DNSOptions.servers`. */
export function systemNameServers(): string[] {
  return dns.getServers();
}
