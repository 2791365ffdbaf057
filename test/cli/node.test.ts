import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { endAll, type Outcome, run } from "./support/pipit.js";
import { SERVICE, TestServer } from "./support/server.js";

jest.setTimeout(60_000);
afterEach(endAll);

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** Runs `pipit node …` as the owner. @param line words of the command line */
function node(line: string, username = "owner"): Promise<Outcome> {
  return run(["node", ...line.split(" "), ...server.as(username)], server.environment);
}

test("a node is created, configured, listed and deleted", async () => {
  const done = { status: 0, stderr: "" };
  expect(await node("create weather --config max_items=7 --config title=Out")).toEqual({
    ...done,
    stdout: `created weather on ${SERVICE}\n`,
  });
  const shown = await node("configure weather");
  expect(shown).toMatchObject(done);
  const lines = shown.stdout.trim().split("\n");
  // What was asked for, and what a node for telemetry has besides.
  for (const line of ["title=Out", "max_items=7", "publish_model=open", "notify_retract=false"])
    expect(lines).toContain(line);
  expect(await node("list")).toEqual({ ...done, stdout: "weather\n" });

  const changed = await node("configure weather --config max_items=9");
  expect(changed.stdout).toContain("\nmax_items=9\n");
  expect(changed.stdout).toContain("title=Out\n");

  expect(await node("delete weather")).toEqual({ ...done, stdout: "deleted weather\n" });
  expect(await node("list")).toEqual({ ...done, stdout: "" });
  expect(server.endedInGoodOrder).toBe(true);
});

test("with --json everything is JSON", async () => {
  const json = async (line: string) => JSON.parse((await node(`${line} --json`)).stdout);
  expect(await json("list")).toEqual([]);
  expect(await json("create weather")).toEqual({ node: "weather", service: SERVICE });
  expect(await json("list")).toEqual(["weather"]);
  expect(await json("configure weather")).toMatchObject({
    max_items: ["100"],
    access_model: ["open"],
  });
  expect(await json("delete weather")).toEqual({ node: "weather" });
});

test.each([
  ["create taken", "taken exists already (conflict). To change it: pipit node configure"],
  ["create mine --service pubsub.elsewhere.test", "(remote-server-not-found). Name the pub/sub"],
  ["configure nowhere", "there is no node nowhere (item-not-found). Make the node with"],
  ["configure taken --config max_items=many", 'pubsub#max_items cannot be "many"'],
  ["configure taken --config max_itmes=7", 'pubsub#max_itmes cannot be "7"'],
  ["delete nowhere", "there is no node nowhere (item-not-found). Make the node with"],
])("what the service refuses is an error: %s", async (line, says) => {
  await node("create taken"); // refused itself, but for the first time
  const { status, stdout, stderr } = await node(line);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^error: .*\n$/);
  expect(stderr).toContain(says);
});

test("whoever is not the owner may do nothing, and is told who may", async () => {
  await node("create theirs");
  for (const line of ["create mine", "configure theirs", "delete theirs"]) {
    const { status, stderr } = await node(line, "me");
    expect(status).toBe(1);
    expect(stderr).toContain("(forbidden). Log in as one who may, such as the node's owner");
  }
});
