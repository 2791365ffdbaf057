import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
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
import { decodeSenml } from "../../firmware/telemetry/senml-decode.js";
import { NS_PUBSUB } from "../../firmware/xmpp/extensions/pubsub.js";
import { endAll, type Outcome, Pipit, run } from "./support/pipit.js";
import { DOMAIN, PASSWORD, TestServer } from "./support/server.js";

jest.setTimeout(60_000);

let server: TestServer;
/** What was published: by which full JID, to which node, and the first name in it. */
let published: { by: string; node: string; name: string }[];

beforeAll(async () => {
  server = await TestServer.start();
  for (const node of ["telemetry", "telemetry7", "telemetry8"]) server.createNode(node);
  server.filter = (stanza, direction, session) => {
    const publish = stanza.child("pubsub", NS_PUBSUB)?.child("publish");
    const payload = publish?.child("item")?.elements()[0];
    if (direction === "in" && payload !== undefined) {
      const name = decodeSenml(payload, 0)[0]?.name ?? "";
      published.push({ by: session.address, node: publish?.attr("node") ?? "", name });
    }
    return stanza;
  };
});
beforeEach(() => {
  published = [];
  server.streams.length = 0;
});
afterEach(endAll);
afterAll(() => server.stop());

/** The last that was printed of a board, before the summary. */
function lastOfBoard(stdout: string): { pending: number } {
  return JSON.parse(stdout.trim().split("\n").at(-2) as string);
}

const FAST = ["--im", "50", "-i", "1"];

describe("pipit simulate", () => {
  const simulate = (...args: string[]) =>
    new Pipit(["simulate", ...server.here, ...FAST, ...args], server.environment);

  test("runs boards with accounts and nodes of their own, and ends at the limit", async () => {
    const pipit = simulate(
      "--jid",
      `board%i@${DOMAIN}`,
      "-t",
      "telemetry%i",
      "-L",
      "9",
      "-c",
      "2",
      "--startnumber",
      "7",
    );
    const { status, stdout, stderr } = await pipit.ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(
      /^0 online {2}0 connecting {2}0 waiting {2}\d+ published .*\n2 connects, 0 resumes, 0 faults\n\d+ items taken, \d+ acknowledgements, 0 lost; .* p50 [\d.]+ {2}p95 [\d.]+ {2}p99 [\d.]+\n$/,
    );
    expect(published.length).toBeGreaterThanOrEqual(9);
    expect(new Set(published.map((each) => JSON.stringify(each)))).toEqual(
      new Set(
        [7, 8].map((i) =>
          JSON.stringify({
            by: `board${i}@${DOMAIN}/board${i}`,
            node: `telemetry${i}`,
            name: `urn:dev:ops:pipit-board${i}:temperature`,
          }),
        ),
      ),
    );
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("runs them as resources of one account, and prints JSON", async () => {
    const pipit = simulate(
      "--jid",
      `me@${DOMAIN}`,
      "-t",
      "telemetry",
      "-c",
      "3",
      "-L",
      "9",
      "--json",
    );
    const { status, stdout } = await pipit.ended;
    expect(status).toBe(0);
    expect(new Set(published.map(({ by }) => by))).toEqual(
      new Set([1, 2, 3].map((i) => `me@${DOMAIN}/board${i}`)),
    );
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.pop()).toMatchObject({
      summary: { devices: 3, connects: 3, lost: 0, states: { closed: 3 }, troubles: {} },
    });
    for (const name of ["board1", "board2", "board3"]) {
      const mine = lines.filter(({ board }) => board === name);
      const states = mine.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1]);
      expect(states).toEqual(["connecting", "online", "closing", "closed"]);
      expect(mine.at(-1)).toMatchObject({ node: "telemetry", state: "closed", dropped: 0 });
    }
    // They begin one after the other.
    const begun = lines.filter(({ state }) => state === "connecting").map(({ board }) => board);
    expect([...new Set(begun)]).toEqual(["board1", "board2", "board3"]);
  });

  test("ends with Ctrl-C, every stream in good order, though some boards are yet to begin", async () => {
    const pipit = simulate(
      "--jid",
      `me@${DOMAIN}`,
      "-t",
      "telemetry",
      "-c",
      "3",
      "-i",
      "1000000",
      "--json",
    );
    await pipit.until(({ lines }) => lines.some((line) => line.includes('"published":2')));
    pipit.signal("SIGINT");
    expect(await pipit.ended).toMatchObject({ status: 0, stderr: "" });
    expect(server.streams).toHaveLength(1);
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("keeps readings while the node is not there, says so, and is no success then", async () => {
    const pipit = simulate("--jid", `me@${DOMAIN}`, "-t", "nowhere", "--json");
    await pipit.until(
      ({ stderr, lines }) => stderr !== "" && lines.some((line) => line.includes('"pending":3')),
    );
    pipit.signal("SIGINT");
    const { status, stdout, stderr } = await pipit.ended;
    expect(status).toBe(1);
    expect(stderr).toBe(
      "board1: there is no node nowhere (item-not-found). Make the node with: pipit node create NODE\n" +
        "error: 1 of 1 boards ended with an error\n",
    );
    expect(lastOfBoard(stdout)).toMatchObject({
      state: "closed",
      published: 0,
      dropped: 0,
      error: expect.stringContaining("item-not-found"),
    });
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("publishes what the run before could not, if it is told where to keep it", async () => {
    const storage = await mkdtemp(join(tmpdir(), "pipit-"));
    try {
      const args = ["--jid", `me@${DOMAIN}`, "-t", "later", "--json", "--storage", storage];
      const first = simulate(...args);
      await first.until(({ lines }) => lines.some((line) => line.includes('"pending":3')));
      first.signal("SIGINT");
      const { stdout } = await first.ended;
      const { pending } = lastOfBoard(stdout);
      published = [];
      server.createNode("later");
      const second = simulate(...args, "--im", "1000000");
      await second.until(({ lines }) =>
        lines.some((line) => line.includes(`"published":${pending + 1}`)),
      );
      second.signal("SIGINT");
      expect(await second.ended).toMatchObject({ status: 0, stderr: "" });
      expect(published).toHaveLength(pending + 1);
    } finally {
      await rm(storage, { recursive: true });
    }
  });

  test("a wrong password ends it with one error for each board (pitfall 32)", async () => {
    const args = [
      "simulate",
      ...server.here,
      ...FAST,
      "-c",
      "2",
      "--jid",
      `me@${DOMAIN}`,
      "-t",
      "telemetry",
    ];
    const { status, stderr } = await run(args, { PIPIT_PASSWORD: "wrong" });
    expect(status).toBe(3);
    const lines = stderr.trim().split("\n");
    expect(lines.slice(0, -1).sort()).toEqual(
      [1, 2].map((i) => expect.stringMatching(RegExp(`^board${i}: .*\\(not-authorized\\). Check`))),
    );
    expect(lines.at(-1)).toBe("error: 2 of 2 boards ended with an error");
  });

  test("a certificate that is not trusted is told at once; boards would try again", async () => {
    const options = [
      "--server",
      server.here[1] as string,
      "--jid",
      `me@${DOMAIN}`,
      "-t",
      "telemetry",
    ];
    const pipit = new Pipit(["simulate", ...options], server.environment);
    await pipit.until(({ stderr }) => stderr.includes("name it with --ca\n"));
    pipit.signal("SIGINT");
    expect((await pipit.ended).status).toBe(3);
  });
});

describe("pipit demo", () => {
  const start = (args: readonly string[], environment: Readonly<Record<string, string>>) =>
    new Pipit(["demo", "--im", "50", "-c", "2", ...args], environment);
  const reading =
    /^board[12] {2}(temperature [0-9.]+ °C|humidity [0-9.]+ % RH|heap [0-9]+ B|rssi -[0-9]+ dBW)$/;

  /** Lets it run until something of both boards has come back, then ends it. */
  async function see(pipit: Pipit): Promise<Outcome> {
    await pipit.until(({ stdout }) => stdout.includes("board1  ") && stdout.includes("board2  "));
    pipit.signal("SIGINT");
    return pipit.ended;
  }

  test("runs on a server of its own, and prints the readings that come back", async () => {
    const environment = { HOME: server.folder, PIPIT_SERVER: "xmpp://192.0.2.1" }; // which is for --jid
    const { status, stdout, stderr } = await see(start([], environment));
    expect(status).toBe(0);
    for (const line of stdout.trim().split("\n")) expect(line).toMatch(reading);
    for (const name of ["board1", "board2"]) {
      const states = stderr.split("\n").filter((line) => line.startsWith(name));
      expect(states.map((line) => line.slice(name.length).trim())).toEqual([
        "connecting",
        "online",
        "closing",
        "closed",
      ]);
    }
    expect(stderr).not.toContain("error");
  });

  test("ends when so many readings were received", async () => {
    const { status, stdout } = await start(["-L", "6"], { HOME: server.folder }).ended;
    expect(status).toBe(0);
    expect(stdout.trim().split("\n").length).toBeGreaterThanOrEqual(6);
  });

  test("runs on your server, with accounts of the boards' own and their owner", async () => {
    const accounts = ["--jid", `board%i@${DOMAIN}`, "--owner", `owner@${DOMAIN}`];
    const pipit = start([...accounts, ...server.here], server.environment);
    const { status, stdout } = await see(pipit);
    expect(status).toBe(0);
    for (const line of stdout.trim().split("\n")) expect(line).toMatch(reading);
    expect(new Set(published.map(({ by, node }) => `${by} to ${node}`))).toEqual(
      new Set([1, 2].map((i) => `board${i}@${DOMAIN}/board${i} to pipit-demo`)),
    );
    // To make the node, to watch it, and two boards.
    expect(server.streams).toHaveLength(4);
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("runs with one account that may make nodes", async () => {
    const pipit = start(server.as("owner"), {
      PIPIT_PASSWORD: PASSWORD,
      PIPIT_OWNER_PASSWORD: "of another account, which is not there",
    });
    expect((await see(pipit)).status).toBe(0);
    expect(new Set(published.map(({ by }) => by))).toEqual(
      new Set([1, 2].map((i) => `owner@${DOMAIN}/board${i}`)),
    );
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("ends with an error where nobody lets the account make a node", async () => {
    const pipit = start(["-t", "mine", ...server.as("me")], server.environment);
    const { status, stdout, stderr } = await pipit.ended;
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^error: me@pipit.test may not create nodes here \(forbidden\)\. .*\n$/);
    expect(server.endedInGoodOrder).toBe(true);
  });

  test("ends with the status of the boards, if all of them fail", async () => {
    const accounts = ["--jid", `board%i@${DOMAIN}`, "--owner", `owner@${DOMAIN}`];
    const pipit = start([...accounts, ...server.here], {
      PIPIT_PASSWORD: "wrong",
      PIPIT_OWNER_PASSWORD: PASSWORD,
    });
    const { status, stdout, stderr } = await pipit.ended;
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toContain("board1: ");
    expect(stderr).toMatch(/\nerror: 2 of 2 boards ended with an error\n$/);
  });
});
