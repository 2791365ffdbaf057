import * as net from "node:net";
import type { TCPOptions } from "../../firmware/io.js";
import { NodeSocket } from "./socket.js";
import { checkPort } from "./validate.js";

/** The address of this machine that a connection comes from; the system chooses when absent. */
interface LocalAddress {
  readonly localAddress?: string;
}

/** ECMA-419's TCP socket (section 12.3) over `node:net`. */
export class TCP extends NodeSocket {
  /**
   * @throws TypeError when an option is of the wrong type, or the address is not an IP address
   * @throws RangeError when the port is not from 1 to 65535
   * @throws Error when the socket to take over is closed
   */
  constructor(options: TCPOptions & LocalAddress) {
    super(options);
    const { noDelay } = options;
    if (noDelay !== undefined && typeof noDelay !== "boolean") {
      throw new TypeError("noDelay must be true or false");
    }
    const socket = "from" in options ? this.#inherit(options) : this.#connect(options);
    if (noDelay !== undefined) {
      socket.setNoDelay(noDelay);
    }
  }

  #inherit({ from }: { from: unknown }): net.Socket {
    if (!(from instanceof TCP)) {
      throw new TypeError("from must be a TCP socket of this host");
    }
    return this.takeOver(from);
  }

  #connect(options: { address: string; port: number } & LocalAddress): net.Socket {
    const { address, port, localAddress } = options;
    if (net.isIP(address) === 0) {
      throw new TypeError(`"${address}" is not an IP address; names go through the resolver`);
    }
    checkPort(port);
    // Half open, so that what the peer sent last can still be answered.
    const source = localAddress === undefined ? {} : { localAddress };
    const socket = net.connect({ host: address, port, allowHalfOpen: true, ...source });
    return this.attach(socket, "connect");
  }
}
