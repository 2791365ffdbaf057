/** What an entry costs: measured, and held to. The figures are per entry, bytes as NVS counts them. */

import { describe, expect, test } from "@jest/globals";
import type { QualityOfService } from "../../firmware/outbox/entry.js";
import { Outbox } from "../../firmware/outbox/outbox.js";
import { seeded } from "../support/random.js";
import { DeviceClock } from "./support/clock.js";
import { Flash } from "./support/flash.js";

const READINGS = 2000;
const SECOND = 1000;

interface Case {
  /** Seconds. */
  window: number;
  segment: number;
  /** Bytes of payload: 250 is a pack of two readings as SenML in XML, 60 the same in a compact form. */
  payload: number;
  /** Seconds until each is acknowledged; `undefined` while there is no connection. */
  acknowledged: number | undefined;
  settle: number;
  qos: QualityOfService;
}

/** One reading each ten seconds. */
function measure({ window, segment, payload, acknowledged, settle, qos }: Case) {
  const flash = new Flash();
  const clock = new DeviceClock();
  const { int } = seeded(1);
  const outbox = new Outbox({
    storage: flash,
    timer: clock,
    random: (count) => Uint8Array.from({ length: count }, () => int(256)),
    capacity: 16_000,
    segment,
    window: window * SECOND,
    settle: settle * SECOND,
    policy: "drop-oldest",
  });
  for (let reading = 0; reading < READINGS; reading++) {
    const message = { node: "readings", time: clock.now(), payload: new Uint8Array(payload), qos };
    outbox.append(message);
    if (acknowledged !== undefined) {
      const entry = outbox.next();
      clock.set(() => outbox.acknowledge(entry?.id as string), acknowledged * SECOND);
    }
    clock.advance(10 * SECOND);
  }
  const perReading = (count: number) => Math.round((count / READINGS) * 100) / 100;
  return {
    writes: perReading(flash.writes),
    deletes: perReading(flash.deletes),
    bytes: Math.round(flash.bytes / READINGS),
  };
}

/** The server has nothing to acknowledge with. */
const OFFLINE = { acknowledged: undefined, settle: 30, qos: "effectively-once" } as const;
/** It acknowledges at once, and is believed after half a minute. */
const ONLINE = { acknowledged: 0.2, settle: 30, qos: "effectively-once" } as const;
/** It is believed at once. */
const BELIEVED = { acknowledged: 0.2, settle: 0, qos: "at-least-once" } as const;

type Figures = readonly [writes: number, bytes: number];

describe.each<
  [string, Pick<Case, "acknowledged" | "settle" | "qos">, number, number, ...Figures[]]
>([
  ["offline", OFFLINE, 60, 1024, [1, 192], [0.17, 100], [0.09, 90]],
  ["offline", OFFLINE, 250, 1024, [1, 384], [0.33, 309], [0.33, 309]],
  ["offline", OFFLINE, 250, 4000, [1, 384], [0.17, 288], [0.07, 277]],
  ["online", ONLINE, 60, 1024, [1, 192], [0.17, 101], [0.06, 36]],
  ["online", ONLINE, 250, 1024, [1, 384], [0.33, 309], [0.33, 309]],
  ["online", ONLINE, 250, 4000, [1, 384], [0.17, 288], [0.06, 95]],
  ["online and believed", BELIEVED, 250, 1024, [1, 384], [0, 0], [0, 0]],
])("%s", (_, server, payload, segment, ...figures) => {
  test(`${payload} bytes in segments of up to ${segment}, for windows of 0, 1 and 5 minutes`, () => {
    const measured = [0, 60, 300].map((window) => measure({ window, segment, payload, ...server }));
    expect(measured.map(({ writes, bytes }) => [writes, bytes])).toEqual(figures);
    expect(measured.map(({ deletes }) => deletes)).toEqual([0, 0, 0]);
  });
});
