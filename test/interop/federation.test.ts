/** Devices have their accounts on one server, and publish to a node on another (RFC 6120 13.7, XEP-0178). */

import { describe, expect, test } from "@jest/globals";
import { type Authority, createAuthority } from "../../host-sim/server/certificates.js";
import { loopbackAddress, S2S_PORT } from "../../host-sim/servers/federation.js";
import { startEjabberd } from "./support/ejabberd.js";
import { Fleet } from "./support/fleet.js";
import { startProsody } from "./support/prosody.js";
import { Relay } from "./support/relay.js";
import { requireServers } from "./support/require-servers.js";
import type { CertificateSource, XmppServer } from "./support/server.js";

/** Prosody's items have to outlive it. */
const SERVERS = {
  Prosody: (options: Parameters<typeof startEjabberd>[0]) =>
    startProsody({ ...options, durable: true }),
  ejabberd: startEjabberd,
} as const;
type Kind = keyof typeof SERVERS;

const HOME = "home.test";
const AWAY = "away.test";

/** ejabberd's acknowledgements are doubted for so many milliseconds, as they pass for devices. */
const SETTLE = { Prosody: 0, ejabberd: 90_000 } as const;

/** Milliseconds that a test may take on a machine that is busy. */
const TIMEOUT = 120_000;

interface Pair {
  readonly home: XmppServer;
  readonly away: XmppServer;
  /** Between the two, for what the first has to say. */
  readonly relay: Relay;
}

/** Starts two servers, does something with them, and stops them. */
async function withPair(
  [from, to]: readonly [Kind, Kind],
  use: (pair: Pair) => Promise<void>,
  options: { authority?: Authority; certificate?: CertificateSource } = {},
): Promise<void> {
  const authority = await createAuthority("The authority of all servers");
  const [here, between, there] = [loopbackAddress(), loopbackAddress(), loopbackAddress()] as const;
  const relay = await Relay.start(between, there, S2S_PORT);
  const servers: XmppServer[] = [];
  try {
    const home = await SERVERS[from]({
      domain: HOME,
      authority,
      ...options,
      federation: { address: here, peers: { [AWAY]: between } },
    });
    servers.push(home);
    const federation = { address: there, peers: { [HOME]: here } };
    const away = await SERVERS[to]({ domain: AWAY, authority, federation });
    servers.push(away);
    await use({ home, away, relay });
  } finally {
    for (const server of servers) await server.stop();
    await relay.close();
  }
}

if (requireServers())
  describe("devices on one server, and their node on another", () => {
    // They wait most of the time, so they wait together.
    test.concurrent.each<[Kind, Kind]>([
      ["Prosody", "Prosody"],
      ["Prosody", "ejabberd"],
      ["ejabberd", "Prosody"],
    ])(
      "from %s to %s nothing is lost, repeated or out of order, whatever fails between",
      (from, to) =>
        withPair([from, to], async ({ home, away, relay }) => {
          const settle = SETTLE[to];
          const fleet = await Fleet.start({ home, away, devices: 4, settle, window: 1 });
          try {
            await fleet.flows();
            relay.stall(); // what is on its way now never arrives, in either direction
            await fleet.until(() => fleet.backlog >= 2);
            relay.cut();
            await fleet.until(() => fleet.backlog >= 3);
            relay.mend();
            await fleet.flows();
            await away.kill("SIGKILL");
            await fleet.until(() => fleet.backlog >= 3);
            await away.start();
            await fleet.flows();
            expect(await fleet.delivers()).toBeUndefined();
            expect(fleet.sessions).toBe(4); // the devices' own server was there all the time
          } finally {
            fleet.close();
          }
        }),
      TIMEOUT,
    );

    const others: CertificateSource = async (_authority, names) =>
      (await createAuthority("Somebody else")).issue({ names, purpose: ["serverAuth", "clientAuth"] });
    const onlyServer: CertificateSource = (authority, names) => authority.issue({ names });

    test.concurrent.each<[Kind, Kind, string, CertificateSource, RegExp]>([
      ["Prosody", "Prosody", "of another authority", others, /XXX/],
      ["Prosody", "ejabberd", "of another authority", others, /XXX/],
      ["ejabberd", "Prosody", "of another authority", others, /XXX/],
      ["Prosody", "ejabberd", "for servers only", onlyServer, /unsupported certificate purpose/],
    ])(
      "nothing goes from %s to %s with a certificate %s; it waits, and the reason is told",
      (from, to, _what, certificate, reason) =>
        withPair(
          [from, to],
          async ({ home, away }) => {
            const fleet = await Fleet.start({ home, away, devices: 1 });
            try {
              await fleet.until(() => /error: remote-server-(timeout|not-found)/.test(fleet.history));
              process.stderr.write(`${from} ${to} ${_what}\n` + fleet.history + away.log().slice(-700)+ "HOME" + home.log().slice(-900) + "\n");
              expect(fleet.hasArrived).toBe(false);
              expect(fleet.backlog).toBeGreaterThan(0);
              expect(home.log() + away.log()).toMatch(reason);
            } finally {
              fleet.close();
            }
          },
          { certificate },
        ),
      TIMEOUT,
    );
  });
