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
import type { Reading } from "../../firmware/telemetry/senml.js";
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { NS_PUBSUB } from "../../firmware/xmpp/extensions/pubsub.js";
import { endAll, type Outcome, Pipit, run } from "./support/pipit.js";
import { SERVICE, TestServer } from "./support/server.js";

jest.setTimeout(60_000);
afterEach(endAll);

let server: TestServer;
/** What was published: the node, the item's id, and its readings without their times. */
let published: { node: string; id: string; readings: Omit<Reading, "time">[] }[];

beforeAll(async () => {
  server = await TestServer.start();
  server.createNode("telemetry");
  server.filter = (stanza, direction) => {
    const publish = stanza.child("pubsub", NS_PUBSUB)?.child("publish");
    const item = publish?.child("item");
    const payload = item?.elements()[0];
    if (direction === "in" && payload !== undefined)
      published.push({
        node: publish?.attr("node") ?? "",
        id: item?.attr("id") ?? "",
        readings: decodeSenml(payload, 0).map(({ time: _, ...rest }) => rest),
      });
    return stanza;
  };
});
beforeEach(() => {
  published = [];
  server.streams.length = 0;
});
afterAll(() => server.stop());

function publish(args: readonly string[], input = ""): Promise<Outcome> {
  return run(["publish", ...server.as("me"), ...args], server.environment, input);
}

function start(...args: string[]): Pipit {
  return new Pipit(["publish", ...server.as("me"), ...args], server.environment);
}

describe("readings that are named", () => {
  test("are one item, and its id is printed", async () => {
    const values = ["temperature=-21.5e-1:Cel", "humidity=40:%RH", "door=false", "state=all well"];
    const { status, stdout, stderr } = await publish(["-t", "telemetry", ...values]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(published).toEqual([
      {
        node: "telemetry",
        id: expect.stringMatching(/^[a-z0-9]+-[a-z0-9]+$/),
        readings: [
          { name: "temperature", unit: "Cel", value: -2.15 },
          { name: "humidity", unit: "%RH", value: 40 },
          { name: "door", value: false },
          { name: "state", value: "all well" },
        ],
      },
    ]);
    expect(stdout).toBe(`published ${published[0]?.id}\n`);
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("get a base name, and the item an id, if that is wished; and JSON is printed", async () => {
    const options = ["-t", "telemetry", "--base", "urn:dev:ops:1:", "--id", "last", "--json"];
    const { stdout } = await publish([...options, "a=1", "b=2"]);
    expect(JSON.parse(stdout)).toEqual({ node: "telemetry", item: "last", readings: 2 });
    const [{ id, readings } = { id: "", readings: [] }] = published;
    expect(id).toBe("last");
    expect(readings.map(({ name }) => name)).toEqual(["urn:dev:ops:1:a", "urn:dev:ops:1:b"]);
  });
});

describe("readings on standard input", () => {
  test("are an item for each line", async () => {
    const lines = [
      '{"name":"a","value":1,"unit":"Cel","time":1700000000}',
      "",
      '[{"name":"b","value":"open"},{"name":"c","sum":5}]\r',
      '{"name":"d","data":"aGk"}', // the last line may have no end
    ];
    const { status, stdout } = await publish(["-t", "telemetry", "--json"], lines.join("\n"));
    expect(status).toBe(0);
    expect(published.map(({ readings }) => readings)).toEqual([
      [{ name: "a", unit: "Cel", value: 1 }],
      [
        { name: "b", value: "open" },
        { name: "c", sum: 5 },
      ],
      [{ name: "d", data: "aGk" }],
    ]);
    const printed = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(printed.map(({ item }) => item)).toEqual(published.map(({ id }) => id));
    expect(new Set(published.map(({ id }) => id)).size).toBe(3);
    expect(server.streams).toHaveLength(1);
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("are published as they come", async () => {
    const pipit = start("-t", "telemetry");
    for (const count of [1, 2]) {
      pipit.write('{"name":"a","value":1}\n');
      await pipit.until(() => pipit.lines.length === count);
    }
    pipit.end();
    expect(await pipit.ended).toMatchObject({ status: 0 });
  });

  test("may be none", async () => {
    expect(await publish(["-t", "telemetry"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test.each([
    ["garbage", "line 2 is not JSON"],
    ["21.5", "line 2 is not a reading: it needs a name and a value"],
    ["null", "line 2 is not a reading"],
    ['{"value":1}', "line 2 is not a reading"],
    ['{"name":1,"value":1}', "line 2: the name is not a string"],
    ['{"name":"a","value":{"x":1}}', "line 2: the value is not a number or string or boolean"],
    ['{"name":"a","value":1,"unit":null}', "line 2: the unit is not a string"],
    ['{"name":"a","vaule":1}', 'line 2: "vaule" is not one of name, unit, value'],
    ['{"name":"a","__proto__":1}', 'line 2: "__proto__" is not one of'],
    ['{"name":"a"}', 'line 2: reading 1: "a" has neither a value nor a sum'],
    ['{"name":"a b","value":1}', 'line 2: reading 1: name "a b" is not'],
    ['[{"name":"a","value":1},{"name":"b","value":1,"unit":"C°"}]', "line 2: reading 2: "],
    ["[]", "line 2: pack: has no reading"],
  ])("end with the line that is wrong, which is named: %s", async (line, says) => {
    const input = ['{"name":"a","value":1}', line, '{"name":"b","value":1}'].join("\n");
    const { status, stdout, stderr } = await publish(["-t", "telemetry"], input);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(says);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(published).toHaveLength(1);
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("end with Ctrl-C, in good order", async () => {
    const pipit = start("-t", "telemetry");
    pipit.write('{"name":"a","value":1}\n');
    await pipit.until(() => pipit.lines.length === 1);
    pipit.signal("SIGINT");
    expect(await pipit.ended).toMatchObject({ status: 0, stderr: "" });
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("end with the connection, at once, and that is an error", async () => {
    const pipit = start("-t", "telemetry");
    pipit.write('{"name":"a","value":1}\n');
    await pipit.until(() => pipit.lines.length === 1);
    await server.drop();
    const { status, stderr } = await pipit.ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: .*\(connection-(lost|closed)\)\n$/);
  });

  test("end when nobody reads what is printed, which is no failure", async () => {
    const pipit = start("-t", "telemetry");
    pipit.write('{"name":"a","value":1}\n');
    await pipit.until(() => pipit.lines.length === 1);
    pipit.closeOutput();
    pipit.write('{"name":"a","value":1}\n');
    expect(await pipit.ended).toMatchObject({ status: 0, stderr: "" });
    expect(server.endedInGoodOrder).toBe(true);
  });
});

describe("a node that is not there", () => {
  test("is an error, with advice", async () => {
    const { status, stdout, stderr } = await publish(["-t", "nowhere", "a=1"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      "error: there is no node nowhere (item-not-found). Make the node with: pipit node create NODE\n",
    );
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("is made with --create, by those who may", async () => {
    const args = ["publish", ...server.as("owner"), "-t", "new", "--create", "a=1"];
    expect(await run(args, server.environment)).toMatchObject({ status: 0 });
    expect(await run(args, server.environment)).toMatchObject({ status: 0 }); // where it is now
    const { status, stderr } = await publish(["-t", "newer", "--create", "a=1"]);
    expect(status).toBe(1);
    expect(stderr).toContain("(forbidden). Log in as one who may");
  });

  test("on a service that is not there, is told from a missing node", async () => {
    const { status, stderr } = await publish(["-t", "t", "--service", `no.${SERVICE}`, "a=1"]);
    expect(status).toBe(1);
    expect(stderr).toContain("(remote-server-not-found). Name the pub/sub service with --service");
  });
});
