/** The embedded server on a network in memory, and by its clock: as its clients see it, and from behind. */

import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { NS_PUBSUB } from "../../firmware/xmpp/extensions/pubsub.js";
import type { Element } from "../../firmware/xmpp/xml/element.js";
import { deriveCredentials } from "../../host-sim/server/sasl/credentials.js";
import { Server } from "../../host-sim/server/server.js";
import type { ServerStream } from "../../host-sim/server/stream/stream.js";
import type { FakeClock } from "./clock.js";
import type { FakeNetwork, Peer } from "./network.js";
import { seeded } from "./random.js";
import { DOMAIN, PASSWORD } from "./xmpp-server.js";

export const NODE = "telemetry";

const credentials = deriveCredentials(PASSWORD);

/** How many bytes a client may write at once. */
const WINDOW = 16_384;

export interface EmbeddedServerOptions {
  /** Milliseconds for which what is published is in the server's memory alone; 0 as long as not given. */
  readonly flushing?: number;
}

/** A server with one node, which falls over when it is told to, and gets up again with what was on its disk. */
export class EmbeddedServer {
  /** The values of each item that was published, in order, the repeats too. */
  readonly received: string[] = [];
  /** Presences that clients have sent: one for each session. */
  presences = 0;
  readonly #clock: FakeClock;
  readonly #options: EmbeddedServerOptions;
  readonly #streams = new Map<Peer, ServerStream>();
  #server: Server;
  #isUp = true;

  constructor(network: FakeNetwork, clock: FakeClock, options: EmbeddedServerOptions = {}) {
    this.#clock = clock;
    this.#options = options;
    this.#server = this.#start();
    this.#server.pubsub.createNode(NODE, `owner@${DOMAIN}`, {
      publish_model: "open",
      max_items: 10_000,
    });
    network.onConnect = (peer) => this.#connect(peer);
  }

  /** The values of the items that are on the node, in order. */
  get stored(): string[] {
    const [node] = this.#server.pubsub.save();
    return (node?.items ?? []).map(({ payload }) => valuesIn(payload));
  }

  /** All connections break; whoever was connected may resume. */
  cut(): void {
    for (const [peer, stream] of [...this.#streams]) {
      this.#streams.delete(peer);
      stream.lost();
      peer.onReceive = () => {};
      peer.end(new Error("reset"));
    }
  }

  /**
   * Falls over, as by `kill -9`: sessions are gone, and what was not on disk yet. Nobody can connect.
   * @param isQuiet whether clients hear nothing of it, as when the machine loses power
   */
  kill(isQuiet = false): void {
    const { flushing = 0 } = this.#options;
    const nodes = this.#server.pubsub.save().map((node) => ({
      ...node,
      items: node.items.filter(({ published }) => published <= this.#clock.now() - flushing),
    }));
    this.#isUp = false;
    if (isQuiet) for (const peer of this.#streams.keys()) peer.onReceive = () => {};
    if (isQuiet) this.#streams.clear();
    else this.cut();
    this.#server = this.#start();
    this.#server.pubsub.restore(nodes);
  }

  /** Gets up again. */
  restart(): void {
    this.#isUp = true;
  }

  #start(): Server {
    const random = seeded(1);
    return new Server({
      domain: DOMAIN,
      accounts: () => credentials,
      mechanisms: ["PLAIN"],
      timer: this.#clock,
      random: (count) => Uint8Array.from({ length: count }, () => random.int(256)),
      filter: (stanza, direction) => {
        if (direction === "out") return stanza;
        if (stanza.name === "presence") this.presences++;
        const item = stanza.child("pubsub", NS_PUBSUB)?.child("publish")?.child("item");
        if (item !== undefined) this.received.push(valuesIn(item.elements()[0]));
        return stanza;
      },
    });
  }

  #connect(peer: Peer): void {
    if (!this.#isUp) return peer.end(new Error("refused"));
    peer.window = WINDOW;
    const stream = this.#server.connect(
      {
        onSend: (bytes) => peer.send(bytes),
        onStartTLS: () => {
          peer.onSecure = () => {
            stream.secured();
            peer.accept();
          };
        },
        onClosed: () => {
          if (this.#streams.delete(peer)) peer.end();
        },
      },
      false,
    );
    this.#streams.set(peer, stream);
    peer.onReceive = (bytes) => stream.receive(bytes);
    peer.accept();
  }
}

/** `1`, `1 2`, or `lost/full=3` of a report of losses. */
function valuesIn(payload: Element | undefined): string {
  if (payload === undefined) return "";
  return decodeSenml(payload, 0)
    .map(({ name, value }) => `${/lost\/.*$/.exec(name)?.[0].concat("=") ?? ""}${value}`)
    .join(" ");
}
