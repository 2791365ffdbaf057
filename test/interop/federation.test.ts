/** Devices have their accounts on one server, and publish to a node on another (RFC 6120 13.7, XEP-0178). */

import { describe, expect, test } from "@jest/globals";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { promised } from "../../host-sim/cli/session.js";
import { createAuthority } from "../../host-sim/server/certificates.js";
import { loopbackAddress, S2S_PORT } from "../../host-sim/servers/federation.js";
import { TestClient } from "./support/clients.js";
import { startEjabberd } from "./support/ejabberd.js";
import { Fleet } from "./support/fleet.js";
import { startProsody } from "./support/prosody.js";
import { Relay } from "./support/relay.js";
import { requireServers } from "./support/require-servers.js";
import type { CertificateSource, ServerOptions, XmppServer } from "./support/server.js";

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

/** What is wrong with either server's certificate. */
interface Strangers {
  readonly home?: Pick<ServerOptions, "authority" | "certificate">;
  readonly away?: Pick<ServerOptions, "authority" | "certificate">;
}

/** Starts two servers, does something with them, and stops them. */
async function withPair(
  [from, to]: readonly [Kind, Kind],
  use: (pair: Pair) => Promise<void>,
  options: Strangers = {},
): Promise<void> {
  const authority = await createAuthority("The authority of all servers");
  const [here, between, there] = [loopbackAddress(), loopbackAddress(), loopbackAddress()] as const;
  const relay = await Relay.start(between, there, S2S_PORT);
  const servers: XmppServer[] = [];
  try {
    const home = await SERVERS[from]({
      domain: HOME,
      authority,
      ...options.home,
      federation: { address: here, peers: { [AWAY]: between } },
    });
    servers.push(home);
    const federation = { address: there, peers: { [HOME]: here } };
    const away = await SERVERS[to]({ domain: AWAY, authority, ...options.away, federation });
    servers.push(away);
    await use({ home, away, relay });
  } finally {
    for (const server of servers) await server.stop();
    await relay.close();
  }
}

/** Whom none of the servers trusts. */
const stranger = await createAuthority("Somebody else");

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

    const servers: CertificateSource = (issuer, names) => issuer.issue({ names });
    const others: CertificateSource = (_issuer, names) => stranger.issue({ names });

    const wrong = "a certificate of another authority";
    const right = "a good certificate";
    test.concurrent.each<[Kind, string, Kind, string, Strangers, RegExp]>([
      ["Prosody", right, "Prosody", wrong, { away: { certificate: others } }, /is not trusted/],
      ["Prosody", right, "ejabberd", wrong, { away: { certificate: others } }, /is not trusted/],
      [
        "ejabberd",
        right,
        "Prosody",
        wrong,
        { away: { certificate: others } },
        /Peer certificate rejected/,
      ],
      [
        "ejabberd",
        wrong,
        "Prosody",
        right,
        { home: { authority: stranger } },
        /remote-server-timeout/,
      ],
      [
        "Prosody",
        "one for servers only",
        "ejabberd",
        right,
        { home: { certificate: servers } },
        /Could not authenticate/,
      ],
    ])(
      "nothing goes from %s with %s to %s with %s, and the device hears of it",
      (from, _home, to, _away, strangers, reason) =>
        withPair(
          [from, to],
          async ({ home, away }) => {
            const client = new TestClient({ ...home, pubsub: away.pubsub }, home.owner);
            try {
              await client.tells("online");
              const payload = xml("x", { xmlns: "urn:example:x" });
              // A service that is reached would say that it has no such node.
              await expect(
                promised((done) => client.pubsub.publish("node", { id: "1", payload }, done)),
              ).rejects.toThrow(reason);
            } finally {
              await client.close();
            }
          },
          strangers,
        ),
      TIMEOUT,
    );
  });
