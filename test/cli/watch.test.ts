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
import { entryId } from "../../firmware/outbox/entry-id.js";
import { type Element, xml } from "../../firmware/xmpp/xml/element.js";
import { endAll, Pipit, run } from "./support/pipit.js";
import { DOMAIN, SERVICE, TestServer } from "./support/server.js";

jest.setTimeout(60_000);

let server: TestServer;
let count = 0;
let node: string;

beforeAll(async () => {
  server = await TestServer.start();
});
beforeEach(() => {
  node = `node${++count}`;
  server.createNode(node);
  server.streams.length = 0;
  server.isRude = false;
});
afterEach(endAll);
afterAll(() => server.stop());

/** Starts `pipit watch`, and returns when it is subscribed. */
async function watch(
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Pipit> {
  const pipit = new Pipit(["watch", ...server.as("me"), "-t", node, ...args], {
    ...server.environment,
    ...environment,
  });
  await pipit.until(() => pipit.stderr.includes(`watching ${node} on ${SERVICE}\n`));
  return pipit;
}

const temperature = (value: number) => {
  return { name: "urn:dev:ops:1:temperature", unit: "Cel", value, time: 1_700_000_000 };
};

describe("readings are printed as they come,", () => {
  test("for people", async () => {
    const pipit = await watch(["-L", "2"]);
    server.publish(node, "1", [temperature(21.5)]);
    server.publish(node, "2", [
      { name: "urn:dev:ops:1:humidity", unit: "%RH", value: 40, time: 1_700_000_000.5 },
      { name: "door", value: false, time: 1_700_000_001 },
    ]);
    server.publish(node, "3", [temperature(22)]); // beyond the limit
    expect(await pipit.ended).toEqual({
      status: 0,
      stdout: [
        "2023-11-14T22:13:20.000Z  urn:dev:ops:1  temperature 21.5 °C\n",
        "2023-11-14T22:13:20.500Z  urn:dev:ops:1  humidity 40 % RH\n",
        "2023-11-14T22:13:21.000Z    door false\n",
      ].join(""),
      stderr: `watching ${node} on ${SERVICE}\n`,
    });
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("as JSON, one object for each", async () => {
    const pipit = await watch(["-L", "1", "--json"]);
    server.publish(node, "1", [temperature(21.5), temperature(22)]);
    const { stdout } = await pipit.ended;
    const from = { node, item: "1", publisher: `dev@${DOMAIN}/board` };
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ...from, ...temperature(21.5) },
      { ...from, ...temperature(22) },
    ]);
  });

  test("once, though publishers repeat what got no reply (pitfall 54)", async () => {
    const pipit = await watch(["-L", "3"]);
    server.publish(node, "1", [temperature(1)]);
    server.publish(node, "1", [temperature(1)]);
    server.publish(node, "1", [temperature(2)]); // which overwrites it with something new
    server.publish(node, "2", [temperature(2)]); // the same again, but another reading
    const { stdout } = await pipit.ended;
    expect(stdout.match(/[0-9.]+ °C/g)).toEqual(["1 °C", "2 °C", "2 °C"]);
  });
});

describe("whatever strangers publish,", () => {
  const senml = (attributes: Record<string, string>): Element =>
    xml("sensml", { xmlns: "urn:ietf:params:xml:ns:senml" }, xml("senml", attributes));

  test("watching goes on, and what is not SenML is told", async () => {
    const pipit = await watch(["-L", "1"]);
    server.publishElement(node, "text", xml("body", { xmlns: "jabber:client" }, "hello"));
    server.publishElement(node, "empty", xml("sensml", { xmlns: "urn:ietf:params:xml:ns:senml" }));
    server.publishElement(node, "word", senml({ n: "a", v: "21.5 °C" }));
    server.publishElement(node, "future", senml({ bver: "99", n: "a", v: "1" }));
    server.publish(node, "good", [temperature(1)]);
    const { stdout, stderr } = await pipit.ended;
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(stderr.trim().split("\n").slice(1)).toEqual(
      ["text", "empty", "word", "future"].map((id) =>
        expect.stringMatching(RegExp(`^item ${id} is not SenML: `)),
      ),
    );
  });

  test("a time that no calendar has is printed as it is", async () => {
    const pipit = await watch(["-L", "1"]);
    server.publishElement(node, "1", senml({ n: "a", v: "1", t: "1e300" }));
    expect((await pipit.ended).stdout).toBe("1e+300 s    a 1\n");
  });

  test("the terminal obeys none of it", async () => {
    const pipit = await watch(["-L", "1"]);
    const evil = "\\u001b]0;gotcha\\u0007\u009b2J\\r\\n2023-11-14T22:13:20.000Z  forged 1";
    server.publishElement(node, "1\u009b2J\n2", xml("x", { xmlns: "urn:x" }));
    server.publishElement(node, "2", senml({ n: "a", vs: evil, u: "\u009b2J\n" }));
    const { stdout, stderr } = await pipit.ended;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
    expect(stdout).not.toMatch(control);
    expect(stderr).not.toMatch(control);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(stdout).toContain("\\u001b]0;gotcha");
    expect(stderr.trim().split("\n")).toHaveLength(2);
  });
});

describe("colours", () => {
  test.each([{ CI: "true" }, { TERM: "xterm-256color" }, { NO_COLOR: "1" }])(
    "are left out where output is no terminal, in %j too",
    async (environment) => {
      const pipit = await watch(["-L", "1"], environment);
      server.publish(node, "1", [temperature(1)]);
      const { stdout, stderr } = await pipit.ended;
      expect(stdout + stderr).not.toContain("\u001b");
    },
  );
});

describe("a subscription", () => {
  test("that is refused ends it, in good order, with an error and advice", async () => {
    const args = ["watch", ...server.as("me"), "-t", "nowhere"];
    expect(await run(args, server.environment)).toEqual({
      status: 1,
      stdout: "",
      stderr:
        "error: there is no node nowhere (item-not-found). Make the node with: pipit node create NODE\n",
    });
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("is made again when the connection was lost, which is told", async () => {
    const pipit = await watch(["-L", "2"]);
    server.publish(node, "1", [temperature(1)]);
    await pipit.until(() => pipit.lines.length === 1);
    await server.drop();
    // Nothing is said to the process but by the connection itself; it waits for 8 seconds at most.
    await pipit.until(() => pipit.stderr.split("watching").length === 3);
    server.publish(node, "2", [temperature(2)]);
    const { status, stdout, stderr } = await pipit.ended;
    expect(status).toBe(0);
    expect(stdout.match(/[0-9.]+ °C/g)).toEqual(["1 °C", "2 °C"]);
    expect(stderr).toMatch(/\(connection-(lost|closed)\); trying again in \d+ s\n/);
  });
});

describe("what was published before, or while nobody listened,", () => {
  const times = (values: readonly number[]) =>
    values.map((value) => ({ ...temperature(value), time: 1_700_000_000 + value }));
  const values = (stdout: string) =>
    [...stdout.matchAll(/([0-9.]+) °C/g)].map(([, v]) => Number(v));

  test("is left alone, unless it is asked for", async () => {
    server.publish(node, "old", [temperature(1)]);
    const pipit = await watch(["-L", "1"]);
    server.publish(node, "new", [temperature(2)]);
    expect(values((await pipit.ended).stdout)).toEqual([2]);
  });

  test("is printed first with --since, the oldest first", async () => {
    for (const [value] of [[1], [2], [3]] as const)
      server.publish(node, `i${value}`, times([value]));
    const pipit = await watch(["-L", "3", "--since", "2023-11-14T22:13:22Z"]);
    await pipit.until(() => pipit.lines.length === 2);
    server.publish(node, "i4", times([0])); // taken before then, but published now
    expect(values((await pipit.ended).stdout)).toEqual([2, 3, 0]);
  });

  test("is printed when the connection is back, and nothing twice", async () => {
    const forgetful = await TestServer.start({ resumeTime: 1 });
    try {
      forgetful.createNode("n");
      const args = ["watch", ...forgetful.as("me"), "-t", "n", "-L", "4"];
      const pipit = new Pipit(args, forgetful.environment);
      await pipit.until(() => pipit.stderr.includes("watching"));
      forgetful.publish("n", "1", [temperature(1)]);
      await pipit.until(() => pipit.lines.length === 1);
      await forgetful.drop(() => {
        forgetful.publish("n", "2", [temperature(2)]);
        forgetful.publish("n", "3", [temperature(3)]);
      });
      await pipit.until(() => pipit.lines.length === 3);
      forgetful.publish("n", "4", [temperature(4)]);
      expect(values((await pipit.ended).stdout)).toEqual([1, 2, 3, 4]);
    } finally {
      await forgetful.stop();
    }
  });

  test.each([
    ["yesterday", "Write a date"],
    ["5", "Write a date"],
    ["2026-99-01", "Write a date"],
  ])("cannot be asked for since %s", async (since, why) => {
    const { status, stderr } = await run([
      "watch",
      ...server.as("me"),
      "-t",
      node,
      "--since",
      since,
    ]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});

describe("gaps in the numbers of a device", () => {
  const id = (number: number) => entryId(new Uint8Array(10).fill(7), number);
  const publish = (...numbers: readonly number[]) => {
    for (const number of numbers) server.publish(node, id(number), [temperature(number)]);
  };

  test("are told, and what is only out of order is none", async () => {
    const pipit = await watch(["-L", "6"]);
    publish(1, 3, 2, 4, 7, 8);
    expect((await pipit.ended).stderr.split("\n").slice(1, -1)).toEqual([
      "urn:dev:ops:1: items number 5 to 6 missing",
    ]);
  });

  test("are JSON with --json", async () => {
    const pipit = await watch(["-L", "2", "--json"]);
    publish(1, 3);
    const { stdout } = await pipit.ended;
    expect(JSON.parse(stdout.trim().split("\n").at(-1) as string)).toEqual({
      node,
      gap: { device: "urn:dev:ops:1", from: 2, to: 2 },
    });
  });
});

describe("it ends", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("with %s, in good order", async (signal) => {
    const pipit = await watch();
    pipit.signal(signal);
    expect(await pipit.ended).toMatchObject({ status: 0, stdout: "" });
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("at once, with the second Ctrl-C of somebody who does not want to wait", async () => {
    const pipit = await watch();
    server.isRude = true;
    pipit.signal("SIGINT");
    await server.until(() => server.endedInGoodOrder);
    // A second one soon after the first could be the first, passed on by npm; so it takes some.
    const again = setInterval(() => pipit.signal("SIGINT"), 100);
    const { status } = await pipit.ended;
    clearInterval(again);
    expect(status).toBe(130);
  });

  test("when nobody reads what is printed, which is no failure", async () => {
    const pipit = await watch();
    server.publish(node, "1", [temperature(1)]);
    await pipit.until(() => pipit.lines.length === 1);
    pipit.closeOutput();
    server.publish(node, "2", [temperature(2)]);
    server.publish(node, "3", [temperature(3)]);
    expect(await pipit.ended).toEqual({
      status: 0,
      stdout: expect.any(String),
      stderr: `watching ${node} on ${SERVICE}\n`,
    });
    expect(server.endedInGoodOrder).toBe(true);
  });
});
