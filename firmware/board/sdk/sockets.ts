/** The SDK's sockets and resolver in the form of `io.ts`: the same but for a name and a list. */

import SdkTCP from "embedded:io/socket/tcp";
import SdkUDP from "embedded:io/socket/udp";
import SdkResolver from "embedded:network/dns/resolver/udp";
import type {
  DNSOptions,
  ResolverConstructor,
  TCPConstructor,
  TCPOptions,
  UDPConstructor,
} from "../../io.js";

/** The second edition of ECMA-419 writes `noDelay`, the SDK `nodelay`. */
export class TCP extends (SdkTCP as unknown as TCPConstructor) {
  constructor(options: TCPOptions) {
    const nodelay = { nodelay: options.noDelay };
    super({ ...options, ...nodelay });
  }
}

/** @param servers which there are: on a board, the network says so when it is joined */
export function dnsOptions(servers: () => readonly string[]): DNSOptions {
  return {
    io: SdkResolver as unknown as ResolverConstructor,
    get servers() {
      return servers();
    },
    socket: { io: SdkUDP as unknown as UDPConstructor },
  };
}
