import { readFileSync } from "node:fs";
import type {
  Crypto,
  DNSOptions,
  TCPConstructor,
  Timer,
  TLSConstructor,
} from "../../firmware/io.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { crypto } from "./crypto.js";
import { SystemResolver, systemNameServers } from "./resolver.js";
import { TCP } from "./tcp.js";
import { timer } from "./timer.js";
import { TLSSocket } from "./tls.js";
import { readCertificates } from "./trust.js";
import { UDP } from "./udp.js";

/** Everything that a client asks of its host. Any number of clients can share it. */
export interface Provider {
  tcp: { io: TCPConstructor };
  tls: { io: TLSConstructor; TCP: { io: TCPConstructor }; secure?: { certificate: string } };
  dns: DNSOptions;
  timer: Timer;
  crypto: Crypto;
}

/**
 * The Node host.
 * @param certificateFile a file of PEM certificates: the authorities to trust in place of Node's own
 * @throws ConfigError `bad-certificate` when that file cannot be read, or holds anything else
 */
export function nodeProvider({ certificateFile }: { certificateFile?: string } = {}): Provider {
  const authorities = certificateFile !== undefined && {
    secure: { certificate: readCertificateFile(certificateFile) },
  };
  return {
    tcp: { io: TCP },
    tls: { io: TLSSocket, TCP: { io: TCP }, ...authorities },
    dns: { io: SystemResolver, servers: systemNameServers(), socket: { io: UDP } },
    timer,
    crypto,
  };
}

function readCertificateFile(path: string): string {
  try {
    return readCertificates(readFileSync(path, "utf8")).join("");
  } catch (error) {
    const reason = error instanceof ConfigError ? error.text : (error as Error).message;
    throw new ConfigError("bad-certificate", `${path}: ${reason}`);
  }
}
