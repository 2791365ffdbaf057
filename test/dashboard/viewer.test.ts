import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { WebSocket } from "ws";
import type { ToPage, Update } from "../../host-sim/dashboard/protocol.js";
import { Viewer } from "../../host-sim/dashboard/viewer.js";
import { MadeUpFleet } from "./support.js";

/** The server's end of a WebSocket, of a browser that reads when it is told to. */
class FakeSocket extends EventEmitter {
  bufferedAmount = 0;
  isSlow = false;
  wasTerminated = false;
  closedWith: number | undefined;
  readonly received: ToPage[] = [];

  send(text: string): void {
    this.received.push(JSON.parse(text));
    if (this.isSlow) this.bufferedAmount += text.length;
  }

  close(code: number): void {
    this.closedWith = code;
    this.emit("close");
  }

  terminate(): void {
    this.wasTerminated = true;
    this.emit("close");
  }

  says(message: unknown): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    this.emit("message", Buffer.from(text), false);
  }

  get updates(): Update[] {
    return this.received.filter((message) => message.type === "update");
  }
}

function look(fleet: MadeUpFleet): FakeSocket {
  const socket = new FakeSocket();
  new Viewer(fleet.model, socket as unknown as WebSocket, "this page");
  return socket;
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe("a browser", () => {
  test("is told of all devices at first, and then of what has changed", () => {
    const fleet = MadeUpFleet.of(3);
    const socket = look(fleet);
    expect(socket.received[0]).toMatchObject({ type: "hello", title: "Made up" });
    expect(socket.updates[0]?.devices?.map(({ name }) => name)).toEqual([
      "board1",
      "board2",
      "board3",
    ]);
    expect(socket.updates[0]?.rows).toHaveLength(3);
    fleet.set(1, { state: "online" });
    jest.advanceTimersByTime(200);
    expect(socket.updates.at(-1)?.rows).toEqual([
      { device: 1, state: "online", values: [null, null] },
    ]);
  });

  test("gets a large fleet in pieces, and every device once", () => {
    const socket = look(MadeUpFleet.of(5_000));
    jest.advanceTimersByTime(2_000);
    const rows = socket.updates.map((update) => update.rows?.length ?? 0);
    expect(Math.max(...rows)).toBeLessThanOrEqual(1_500);
    const devices = socket.updates.flatMap((update) => update.rows ?? []);
    expect(new Set(devices.map(({ device }) => device)).size).toBe(5_000);
    expect(devices).toHaveLength(5_000);
  });

  test("that reads nothing is told nothing more, and the present state when it reads again", () => {
    const fleet = MadeUpFleet.of(1_000);
    const socket = look(fleet);
    socket.isSlow = true;
    for (let round = 0; round < 100; round++) {
      for (let device = 0; device < 1_000; device++) fleet.measure(device, round);
      jest.advanceTimersByTime(200);
    }
    // What a browser may leave unread, and one update more.
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    expect(socket.bufferedAmount).toBeLessThan(2 * 262_144);
    socket.isSlow = false;
    socket.bufferedAmount = 0;
    const before = socket.updates.length;
    jest.advanceTimersByTime(1_000);
    const rows = socket.updates.slice(before).flatMap((update) => update.rows ?? []);
    expect(rows).toHaveLength(1_000);
    expect(new Set(rows.map(({ values }) => values[0]))).toEqual(new Set([99]));
  });

  test("that reads nothing does not heap up XML, events or points", () => {
    const fleet = MadeUpFleet.of(1);
    const socket = look(fleet);
    socket.says({ type: "select", device: 0 });
    jest.advanceTimersByTime(200);
    socket.bufferedAmount = 1 << 20;
    for (let i = 0; i < 10_000; i++) {
      fleet.traces.get(0)?.("out", `<r n='${i}'/>`);
      fleet.model.happened(0, "note", `event ${i}`);
    }
    socket.bufferedAmount = 0;
    jest.advanceTimersByTime(200);
    const update = socket.updates.at(-1);
    expect(update?.log).toHaveLength(100);
    expect(update?.selected?.xml).toHaveLength(100);
    expect(update?.selected?.xml?.at(-1)?.xml).toBe("<r n='9999'/>");
    expect(update?.selected?.skipped).toBe(9_900);
  });

  test("that reads nothing for a minute is given up", () => {
    const socket = look(MadeUpFleet.of(1));
    socket.bufferedAmount = 1;
    jest.advanceTimersByTime(59_000);
    expect(socket.wasTerminated).toBe(false);
    jest.advanceTimersByTime(2_000);
    expect(socket.wasTerminated).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("sees the stream of a device while it looks at it, and no longer", () => {
    const fleet = MadeUpFleet.of(2);
    const socket = look(fleet);
    socket.says({ type: "select", device: 1 });
    expect([...fleet.traces.keys()]).toEqual([1]);
    socket.says({ type: "select", device: null });
    expect(fleet.traces.size).toBe(0);
    socket.says({ type: "select", device: 0 });
    socket.close(1000);
    expect(fleet.traces.size).toBe(0);
    expect(fleet.model.onlookers.size).toBe(0);
  });

  test("gets curves, and what they go on with", async () => {
    const fleet = MadeUpFleet.of(1);
    const now = Date.now();
    fleet.measure(0, 19, now - 4_000_000);
    fleet.measure(0, 20, now - 2_000);
    fleet.measure(0, 21, now - 1_000);
    const socket = look(fleet);
    socket.says({ type: "select", device: 0 });
    await jest.advanceTimersByTimeAsync(200);
    const curves = socket.updates.find(({ selected }) => selected?.curves)?.selected?.curves;
    expect(curves?.[0]).toEqual({ times: [now - 2_000, now - 1_000], values: [20, 21] });
    fleet.measure(0, 22, now);
    await jest.advanceTimersByTimeAsync(200);
    expect(socket.updates.at(-1)?.selected?.points).toEqual([
      [0, now, 22],
      [1, now, 50],
    ]);

    socket.says({ type: "range", range: 86_400 });
    await jest.advanceTimersByTimeAsync(200);
    const all = socket.updates.findLast(({ selected }) => selected?.curves)?.selected?.curves;
    expect(all?.[0]?.values).toEqual([19, 20, 21, 22]);
  });

  test("is told what keeps the source from knowing, and what no device tells it is not told", () => {
    const fleet = MadeUpFleet.of(2);
    const socket = look(fleet);
    expect(socket.updates[0]?.totals).toEqual({ readings: 0 });
    expect(socket.updates[0]?.trouble).toBeUndefined();
    fleet.trouble = "The server is not reached.";
    fleet.set(1, { pending: 3, facts: { lost: 2 } });
    jest.advanceTimersByTime(1_000);
    expect(socket.updates.at(-1)?.totals).toEqual({ readings: 0, pending: 3, lost: 2 });
    expect(socket.updates.at(-1)?.trouble).toBe("The server is not reached.");
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "7"],
    ["another type", { type: "shout" }],
    ["a device that is no number", { type: "select", device: "0" }],
    ["a device below the first", { type: "select", device: -1 }],
    ["a range that is none", { type: "range", range: 7 }],
    ["an unknown command", { type: "command", device: 0, command: "explode" }],
    ["a command of an object's", { type: "command", device: 0, command: "constructor" }],
  ])("that sends %s is let go", (_what, message) => {
    const fleet = MadeUpFleet.of(1);
    const socket = look(fleet);
    socket.says(message);
    expect(socket.closedWith).toBe(1008);
    expect(fleet.asked).toEqual([]);
  });

  test("asks for what there is only", () => {
    const fleet = MadeUpFleet.of(1);
    const socket = look(fleet);
    socket.says({ type: "command", device: 1, command: "cut" });
    socket.says({ type: "select", device: 1 });
    socket.says({ type: "command", device: 0, command: "reboot" });
    expect(fleet.asked).toEqual([[0, "reboot"]]);
    expect(socket.closedWith).toBeUndefined();
  });
});
