/**
 * Logs in again and again, to a server at a port of 127.0.0.1 that answers with rubbish, and asks a name server
 * of the same kind. Arguments: a file with the authority to trust; the port, for TCP; the name server's, for UDP; how often. It is at the end of its
 * work when every one of these clients has ended, whatever it was told.
 */

import { Client } from "../../../firmware/client/client.js";
import { ping } from "../../../firmware/xmpp/extensions/ping.js";
import { PubSub } from "../../../firmware/xmpp/extensions/pubsub.js";
import { native } from "../../../host-sim/xs/native.js";
import { DNSResolver } from "../../../host-sim/xs/resolver.js";
import { TCP } from "../../../host-sim/xs/tcp.js";
import { timer } from "../../../host-sim/xs/timer.js";
import { TLSSocket } from "../../../host-sim/xs/tls.js";
import { UDP } from "../../../host-sim/xs/udp.js";
import { ACCOUNT, recordedCrypto } from "./recorded-server.js";

declare function trace(text: string): void;

const [trusted = "", ...numbers] = native.arguments();
const [port, namePort, count] = numbers.map(Number);
const secure = { certificate: native.readText(trusted) };
const dns = { io: DNSResolver, servers: [`127.0.0.1:${namePort}`], socket: { io: UDP } };
let runs = 0;

function next(): void {
  if (runs === count) {
    trace(`${runs} runs\n`);
    return;
  }
  runs++;
  const resolver = new DNSResolver(dns);
  resolver.resolve({ host: `host${runs}.test`, onResolved: () => {}, onError: () => {} });
  const client = new Client({
    ...ACCOUNT,
    host: "127.0.0.1",
    port: port as number,
    security: "direct",
    tcp: { io: TCP },
    // Every other time, rubbish comes to XMPP; else, to TLS.
    tls: { io: runs % 2 === 0 ? TCP : TLSSocket, TCP: { io: TCP }, secure },
    timer,
    crypto: recordedCrypto(timer), // so that the server knows the nonce
    extensions: [ping, new PubSub("pubsub.example.org")],
    onOffline: (_, delay) => {
      if (delay === undefined) end();
      else client.close();
    },
    onClosed: () => end(),
  });
  const end = () => {
    resolver.close();
    timer.set(next, 0);
  };
}
next();
