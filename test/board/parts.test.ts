/** The small parts of a board, each by itself. */

import { describe, expect, test } from "@jest/globals";
import { parseBuildTime } from "../../firmware/board/build-time.js";
import { Led } from "../../firmware/board/led.js";
import { Log } from "../../firmware/board/log.js";
import { Progress } from "../../firmware/board/progress.js";
import { digestCrypto } from "../../firmware/board/sdk/digest-crypto.js";
import { crypto as nodeCrypto } from "../../host-sim/node/crypto.js";
import { FakeClock } from "../support/clock.js";

describe("the log", () => {
  const make = () => {
    const lines: string[] = [];
    let now = 0;
    const log = new Log({ uptime: () => (now += 1_500), print: (line) => lines.push(line) });
    return { log, lines };
  };

  test("prints lines, and keeps the last of them with their numbers", () => {
    const { log, lines } = make();
    for (let i = 0; i < 100; i++) log.info("test", `line ${i}`);
    expect(lines[1]).toBe("[3.000] info test: line 1\n");
    expect(log.since(0)).toHaveLength(48);
    expect(log.since(98).map(({ sequence, text }) => [sequence, text])).toEqual([
      [98, "line 98"],
      [99, "line 99"],
    ]);
  });

  test("leaves out what is less than its level", () => {
    const { log, lines } = make();
    log.level = "warning";
    log.error("a", "1");
    log.warning("a", "2");
    log.info("a", "3");
    log.debug("a", "4");
    expect(lines).toHaveLength(2);
  });

  test.each([
    ["a line of its own", "x\nIMPROV\u0001", "x IMPROV "],
    ["an escape sequence", "\u001b[31mred\u009b", " [31mred "],
    ["too long", "x".repeat(500), "x".repeat(200)],
  ])("does not let a text from outside be %s", (_name, text, printed) => {
    const { log } = make();
    log.info("server", text);
    expect(log.since(0)[0]?.text).toBe(printed);
  });
});

describe("the LED", () => {
  test("repeats its pattern until there is another", () => {
    const clock = new FakeClock();
    const values: string[] = [];
    const start = clock.now();
    const led = new Led(
      { write: (value) => values.push(`${clock.now() - start} ${value}`) },
      clock,
    );
    led.show("clock");
    clock.advance(1_050);
    led.show("clock");
    clock.advance(100);
    expect(values).toEqual(["0 1", "100 0", "300 1", "400 0", "1000 1", "1100 0"]);
    led.off();
    expect(clock.timers).toBe(0);
  });

  test("need not be there", () => {
    const clock = new FakeClock();
    const led = new Led(undefined, clock);
    led.show("online");
    led.off();
    expect(clock.timers).toBe(0);
  });
});

describe("progress", () => {
  const make = () => {
    const clock = new FakeClock();
    const told = { fed: 0, stuck: [] as string[] };
    const progress = new Progress({
      timer: clock,
      uptime: () => clock.now(),
      feed: () => told.fed++,
      onStuck: (duty) => told.stuck.push(duty),
    });
    return { clock, told, progress };
  };

  test("feeds the watchdog when nothing is expected", () => {
    const { clock, told } = make();
    clock.advance(600_000);
    expect(told).toEqual({ fed: 61, stuck: [] });
  });

  test("feeds it for as long as what is expected happens, and never again when it does not", () => {
    const { clock, told, progress } = make();
    progress.expect("sampling", 30_000);
    for (let i = 0; i < 10; i++) {
      clock.advance(25_000);
      progress.happened("sampling");
    }
    const { fed } = told;
    expect(fed).toBe(26);
    clock.advance(600_000);
    expect(told).toEqual({ fed: fed + 3, stuck: ["sampling"] });
    progress.happened("sampling");
    clock.advance(60_000);
    expect(told.fed).toBe(fed + 3);
  });

  test("does not wait for what is not expected any more", () => {
    const { clock, told, progress } = make();
    progress.expect("server", 30_000);
    progress.forget("server");
    progress.happened("server");
    clock.advance(600_000);
    expect(told.stuck).toEqual([]);
  });
});

describe("the time of a build", () => {
  test.each([
    ["Jan  1 2026 00:00:00", Date.UTC(2026, 0, 1)],
    ["Dec 31 2026 23:59:59", Date.UTC(2026, 11, 31, 23, 59, 59)],
  ])("%s", (text, time) => expect(parseBuildTime(text)).toBe(time));

  test.each(["", "2026-01-01", "Foo  1 2026 00:00:00", "anF  1 2026 00:00:00"])(
    "not %s",
    (text) => {
      expect(() => parseBuildTime(text)).toThrow(RangeError);
    },
  );
});

describe("cryptography over a hash function", () => {
  class Digest {
    readonly #hash: "sha-1" | "sha-256";
    constructor(type: "SHA1" | "SHA256") {
      this.#hash = type === "SHA1" ? "sha-1" : "sha-256";
    }
    process(...parts: readonly (Uint8Array | ArrayBuffer)[]): ArrayBuffer {
      const whole = Buffer.concat(parts.map((part) => new Uint8Array(part)));
      return nodeCrypto.digest(this.#hash, whole).slice().buffer;
    }
  }
  const clock = new FakeClock();
  const own = digestCrypto(Digest, nodeCrypto.random, clock);
  const bytes = (text: string) => new TextEncoder().encode(text);

  test.each(["sha-1", "sha-256"] as const)("is the same as Node's, with %s", (hash) => {
    for (const key of ["", "key", "k".repeat(64), "k".repeat(65)])
      expect(own.hmac(hash, bytes(key), bytes("data"))).toEqual(
        nodeCrypto.hmac(hash, bytes(key), bytes("data")),
      );
    expect(own.digest(hash, bytes("data"))).toEqual(nodeCrypto.digest(hash, bytes("data")));
  });

  test("PBKDF2 is that of RFC 6070, a turn at a time", () => {
    let key: Uint8Array | undefined;
    own.pbkdf2("sha-1", bytes("password"), bytes("salt"), 4096, (derived) => {
      key = derived;
    });
    expect(key).toBeUndefined();
    clock.advance(0);
    expect(Buffer.from(key ?? []).toString("hex")).toBe("4b007901b765489abead49d926f721d065a429c1");
  });
});
