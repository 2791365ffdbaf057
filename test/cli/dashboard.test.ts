import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { WebSocket } from "ws";
import type { FromPage, Hello, Row, ToPage, Update } from "../../host-sim/dashboard/protocol.js";
import { endAll, Pipit } from "./support/pipit.js";
import { SERVICE, TestServer } from "./support/server.js";

jest.setTimeout(60_000);

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ resumeTime: 1 });
  server.createNode("telemetry");
});
afterEach(async () => {
  for (const onlooker of onlookers.splice(0)) onlooker.close();
  await endAll();
});
afterAll(() => server.stop());

const onlookers: Onlooker[] = [];

/** A page without a browser. */
class Onlooker {
  readonly messages: ToPage[] = [];
  readonly port: string;
  readonly #socket: WebSocket;
  #waiting: () => void = () => {};

  constructor(address: string) {
    const { host, port } = new URL(address);
    this.port = port;
    this.#socket = new WebSocket(`ws://${host}/events`, { origin: `http://${host}` });
    this.#socket.on("message", (data) => {
      this.messages.push(JSON.parse(String(data)));
      this.#waiting();
    });
    this.#socket.on("close", () => this.#waiting());
    this.#socket.on("error", () => {}); // `close` follows
    onlookers.push(this);
  }

  get hello(): Hello | undefined {
    return this.messages.find((message): message is Hello => message.type === "hello");
  }

  get updates(): Update[] {
    return this.messages.filter((message) => message.type === "update");
  }

  /** The newest row of a device. */
  row(name: string): Row | undefined {
    const names = this.updates.flatMap(({ devices = [] }) => devices.map((device) => device.name));
    return this.updates
      .flatMap(({ rows = [] }) => rows)
      .findLast(({ device }) => device === names.indexOf(name));
  }

  close(): void {
    this.#socket.terminate();
  }

  ask(message: FromPage): void {
    this.#socket.send(JSON.stringify(message));
  }

  async until(condition: (onlooker: this) => boolean): Promise<void> {
    while (!condition(this)) {
      if (this.#socket.readyState === WebSocket.CLOSED) throw new Error("the dashboard is gone");
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }
}

async function lookAt(pipit: Pipit): Promise<Onlooker> {
  await pipit.until(({ stderr }) => /Watch it at \S+\n/.test(stderr));
  const [, address] = /Watch it at (\S+)\n/.exec(pipit.stderr) as RegExpExecArray;
  const onlooker = new Onlooker(address as string);
  await onlooker.until(({ updates }) => updates.length > 0);
  return onlooker;
}

const publish = (device: string, value: number): void =>
  server.publish("telemetry", `${device}-${value}`, [
    { name: `urn:dev:ops:${device}:temperature`, unit: "Cel", value, time: Date.now() / 1000 },
  ]);

const start = (...args: string[]): Pipit =>
  new Pipit(
    [
      ...["dashboard", ...server.as("me"), "-t", "telemetry"],
      ...["--store", join(server.folder, "dashboard.db"), ...args],
    ],
    server.environment,
  );

describe("pipit dashboard", () => {
  test("shows the devices whose readings come, and what was stored before", async () => {
    publish("attic", 18);
    const pipit = start("--port", "0");
    const onlooker = await lookAt(pipit);
    expect(onlooker.hello).toMatchObject({ place: `telemetry on ${SERVICE}`, commands: [] });
    await onlooker.until((page) => page.row("urn:dev:ops:attic")?.values[0] === 18);
    publish("cellar", 11);
    await onlooker.until((page) => page.row("urn:dev:ops:cellar")?.state === "online");
    publish("cellar", 12);
    await onlooker.until((page) => page.row("urn:dev:ops:cellar")?.values[0] === 12);

    onlooker.ask({ type: "select", device: 1 });
    await onlooker.until(({ updates }) => updates.some(({ selected }) => selected?.curves));
    const { selected } = onlooker.updates.find(({ selected }) => selected?.curves) as Update;
    expect(selected?.curves?.[0]?.values).toEqual([11, 12]);
    expect(selected?.facts).toEqual({ node: "telemetry", jid: expect.any(String) });

    pipit.signal("SIGINT");
    expect((await pipit.ended).status).toBe(0);
    // Everything is there again, though nothing comes; which is not for long enough to mean anything.
    const again = start("--port", "0");
    const later = await lookAt(again);
    await later.until((page) => page.row("urn:dev:ops:cellar") !== undefined);
    expect(later.row("urn:dev:ops:cellar")).toMatchObject({ state: "online", values: [12] });
  });

  test("says so when its port is in use", async () => {
    const first = start("--port", "0");
    const { port } = await lookAt(first);
    const second = start("--port", port, "--store", join(server.folder, "other.db"));
    const { status, stderr } = await second.ended;
    expect(status).toBe(2);
    expect(stderr).toBe(`error: port ${port} on 127.0.0.1: in use; choose another with --port\n`);
  });
});

test("pipit demo is watched, too, and what is done to its boards loses nothing", async () => {
  const pipit = new Pipit(["demo", "-c", "2", "--im", "100", "--port", "0"], {
    HOME: server.folder,
  });
  const onlooker = await lookAt(pipit);
  const isOnline = (page: Onlooker): boolean => page.row("board1")?.state === "online";
  await onlooker.until(isOnline);
  onlooker.ask({ type: "select", device: 0 });
  onlooker.ask({ type: "command", device: 0, command: "power-loss" });
  await onlooker.until((page) => page.row("board1")?.state === "offline");
  await onlooker.until(isOnline);
  const xml = onlooker.updates.flatMap(({ selected }) => selected?.xml ?? []);
  expect(xml.some(({ xml }) => xml.includes("(not shown)"))).toBe(true);
  expect(onlooker.updates.at(-1)?.totals.lost).toBe(0);
  pipit.signal("SIGINT");
  expect((await pipit.ended).status).toBe(0);
});
