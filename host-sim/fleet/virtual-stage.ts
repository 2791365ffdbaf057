/** Fleets on a virtual clock, with the embedded server: as fast as possible, and the same each time. */

import { Names } from "../../firmware/xmpp/xml/names.js";
import { Dice } from "../chaos/dice.js";
import { VirtualClock } from "../chaos/virtual/clock.js";
import { virtualCrypto } from "../chaos/virtual/crypto.js";
import { VirtualNetwork } from "../chaos/virtual/network.js";
import { EmbeddedServer } from "./embedded.js";
import type { FleetPlan, Stage } from "./plan.js";

/** Steps of the clock between two looks at what the machine around it wants, such as Ctrl-C. */
const STRIDE = 1_000;

/** Time passes by `runUntil` only, which throws an Error when nothing happens any more. */
export function openVirtualStage(plan: FleetPlan): Stage {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const dice = new Dice(plan.seed);
  const serverDice = dice.split();
  const embedded = new EmbeddedServer(plan, {
    timer: clock,
    random: (count) => serverDice.bytes(count),
    salt: new Uint8Array(16),
  });
  network.server = embedded.server;
  return {
    reach: {
      tcp: { io: network.TCP },
      tls: { io: network.TLS, TCP: { io: network.TCP } },
      timer: clock,
      crypto: virtualCrypto(dice.split()),
      host: "192.0.2.1",
      security: "direct",
      names: new Names(),
    },
    restartServer(down) {
      network.drop();
      return new Promise((resolve) => {
        clock.later(down, () => {
          network.server = embedded.restart();
          resolve();
        });
      });
    },
    revoke: async (devices) => embedded.revoke(devices),
    close: async () => {},
    async runUntil(isSo) {
      for (let steps = 1; !isSo(); steps++) {
        const isIdle = !clock.step();
        // What waits for a promise has its turn at the same time, by this clock.
        await undefined;
        if (!isIdle && steps % STRIDE !== 0) continue;
        await new Promise((resolve) => setImmediate(resolve));
        if (isIdle && !isSo() && !clock.step()) throw new Error("nothing happens any more");
      }
    },
  };
}
