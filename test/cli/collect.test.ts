import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from "@jest/globals";
import { xml } from "../../firmware/xmpp/xml/element.js";
import { freePort } from "../interop/support/ports.js";
import { endAll, Pipit, run } from "./support/pipit.js";
import { SERVICE, TestServer } from "./support/server.js";

jest.setTimeout(60_000);

let server: TestServer;
let count = 0;
let node: string;
let file: string;

beforeAll(async () => {
  server = await TestServer.start({ resumeTime: 1 });
});
beforeEach(() => {
  node = `node${++count}`;
  file = join(server.folder, `${node}.db`);
  server.createNode(node);
  server.streams.length = 0;
});
afterEach(endAll);
afterAll(() => server.stop());

const start = (...args: readonly string[]): Pipit =>
  new Pipit(["collect", ...server.as("me"), "--store", file, ...args], server.environment);

/** Starts `pipit collect`, and returns when it has everything that is on the node. */
async function collect(...args: readonly string[]): Promise<Pipit> {
  const pipit = start("-t", node, ...args);
  await pipit.until(({ stderr }) => stderr.includes("collecting from"));
  return pipit;
}

async function end(pipit: Pipit): Promise<string> {
  pipit.signal("SIGTERM");
  const { status, stderr } = await pipit.ended;
  expect(status).toBe(0);
  return stderr.trimEnd().split("\n").at(-1) ?? "";
}

const publish = (value: number, where = node): void =>
  server.publish(where, `i${value}`, [
    { name: "urn:dev:ops:1:t", value, time: 1_700_000_000 + value },
  ]);

/** The values that were stored, in their order. */
async function values(...args: readonly string[]): Promise<number[]> {
  const { status, stdout, stderr } = await run(["export", "--store", file, "-f", "jsonl", ...args]);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line).value);
}

describe("readings are stored", () => {
  test("that were on the node before, and that come then", async () => {
    publish(1);
    publish(2);
    const pipit = await collect("--json");
    publish(3);
    await pipit.until(() => pipit.lines.length === 3);
    expect(pipit.lines.map((line) => JSON.parse(line).item)).toEqual(["i1", "i2", "i3"]);
    expect(await end(pipit)).toBe("3 items with 3 readings stored, 0 came again, 0 were not SenML");
    expect(await values()).toEqual([1, 2, 3]);
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("once, and what is no SenML is counted once", async () => {
    const noise = xml("body", { xmlns: "jabber:client" }, "hello");
    server.publishElement(node, "noise", noise);
    publish(1);
    expect(await end(await collect())).toMatch(/^2 items with 1 readings .* 1 were not SenML$/);
    const pipit = await collect("--json");
    publish(1);
    server.publishElement(node, "noise", noise);
    publish(2);
    await pipit.until(() => pipit.lines.length === 1);
    expect(await end(pipit)).toMatch(/^1 items with 1 readings stored, 2 came again/);
    expect(await values()).toEqual([1, 2]);
  });

  test("though the collector is killed, and the connection is lost", async () => {
    const first = await collect("--json");
    publish(1);
    await first.until(() => first.lines.length === 1);
    await first.kill();
    publish(2);
    publish(3);
    const second = await collect("--json");
    await server.drop(() => publish(4));
    await second.until(() => second.lines.length === 3);
    publish(5);
    await second.until(() => second.lines.length === 4);
    await end(second);
    expect(await values()).toEqual([1, 2, 3, 4, 5]);
  });

  test("from all nodes of a pattern, those that appear later too", async () => {
    server.createNode(`${node}/a`);
    server.createNode(`${node}/b`);
    publish(1, `${node}/a`);
    publish(2, `${node}/b`);
    publish(9);
    const pipit = start("-t", `${node}/*`, "--json");
    await pipit.until(({ stderr }) => stderr.includes(`collecting from 2 nodes of ${SERVICE}`));
    // It looks again in a minute, or when the connection is made again.
    await server.drop(() => {
      server.createNode(`${node}/c`);
      publish(3, `${node}/c`);
    });
    await pipit.until(({ stderr }) => stderr.includes("collecting from 3 nodes"));
    await end(pipit);
    expect((await values()).sort()).toEqual([1, 2, 3]);
  });

  test("as long as was said, and those that are still on the node not again", async () => {
    const now = Math.floor(Date.now() / 1000);
    publish(1); // in 2023
    server.publish(node, "young", [{ name: "urn:dev:ops:1:t", value: 2, time: now }]);
    await end(await collect("--keep", "1d"));
    expect(await values()).toEqual([2]);
    expect(await end(await collect("--keep", "1d"))).toMatch(/^0 items/);
    expect(await values()).toEqual([2]);
  });

  test("while another process exports what is there", async () => {
    publish(1);
    const pipit = await collect();
    expect(await values()).toEqual([1]);
    await end(pipit);
  });
});

test("Prometheus is served, on this machine", async () => {
  const port = await freePort();
  const pipit = await collect("--json", "--metrics", String(port));
  server.publish(node, "1", [
    { name: "urn:dev:ops:1:t", unit: "Cel", value: 21.5, time: 1_700_000_000 },
    { name: "urn:dev:ops:1:door", value: true, time: 1_700_000_000 },
    { name: "urn:dev:ops:1:text", value: "x", time: 1_700_000_000 },
  ]);
  await pipit.until(() => pipit.lines.length === 1);
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const lines = (await answer.text()).split("\n").filter((line) => !line.startsWith("#"));
  expect(lines).toEqual(
    expect.arrayContaining([
      'pipit_reading{device="urn:dev:ops:1",channel="t",unit="Cel"} 21.5',
      'pipit_reading{device="urn:dev:ops:1",channel="door",unit=""} 1',
      'pipit_reading_time_seconds{device="urn:dev:ops:1",channel="t",unit="Cel"} 1700000000',
      "pipit_items_total 1",
      "pipit_readings_total 3",
    ]),
  );
  expect(lines.join()).not.toContain("text");
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: "POST" })).status).toBe(405);
  await end(pipit);
});

describe("it says what is wrong, and goes on, when", () => {
  test("a node is not there", async () => {
    publish(1);
    const pipit = start("-t", "nowhere", "-t", node);
    await pipit.until(({ stderr }) => stderr.includes("collecting from 1 node of"));
    expect(pipit.stderr).toContain("nowhere: item-not-found: there is no node nowhere\n");
    await end(pipit);
    expect(await values()).toEqual([1]);
  });

  test("there is no node of a pattern yet", async () => {
    const pipit = start("-t", "nothing/*");
    await pipit.until(({ stderr }) => stderr.includes("collecting from 0 nodes of"));
    await end(pipit);
  });

  test("the server is away at first", async () => {
    const port = await freePort();
    const away = ["--jid", "me@pipit.test", "--server", `xmpp://127.0.0.1:${port}`];
    const pipit = new Pipit(["collect", ...away, "-t", node, "--store", file], server.environment);
    await pipit.until(({ stderr }) => /connection-refused.*trying again in \d+ s/.test(stderr));
    await end(pipit);
  });
});

describe("it ends with an error, when", () => {
  test("the store is in use", async () => {
    await collect();
    const { status, stderr } = await start("-t", node).ended;
    expect([status, stderr]).toEqual([1, expect.stringMatching(/in use by process \d+\. If that/)]);
  });

  test("the port for Prometheus is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { status, stderr } = await start("-t", node, "--metrics", String(port)).ended;
    other.close();
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("is in use; choose another with --metrics"),
    ]);
  });

  test("the password is wrong", async () => {
    const { status } = await run(["collect", ...server.as("me"), "-t", node, "--store", file], {
      PIPIT_PASSWORD: "wrong",
    });
    expect(status).toBe(3);
  });

  test("there is nothing to export", async () => {
    const { status, stderr } = await run(["export", "--store", file]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("there is no store")]);
  });

  test("an export would go over the store", async () => {
    publish(1);
    await end(await collect());
    const { status, stderr } = await run(["export", "--store", file, "-o", file]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("is the store itself")]);
    expect((await run(["export", "--store", file])).stdout).toContain("urn:dev:ops:1,t,");
  });

  test.each([
    [["collect", "-t", ""], "It is empty"],
    [["collect", "--keep", "5"], "such as 15m or 7d"],
    [["collect", "--metrics", "99999"], "Write port or host:port"],
    [["export", "-f", "xml"], "Allowed choices are csv, jsonl, parquet"],
    [["export", "--json"], "name a file with --output"],
  ])("what was typed makes no sense: %j", async (args, why) => {
    const { status, stderr } = await run(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});

test("an export goes to a file, and says so", async () => {
  publish(1);
  await end(await collect());
  const output = join(server.folder, "out.parquet");
  const args = ["export", "--store", file, "-f", "parquet", "-o", output, "--json"];
  expect(JSON.parse((await run(args)).stdout)).toEqual({ readings: 1, format: "parquet", output });
});
