/** `pipit simulate -f`, as its users run it. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { parse } from "yaml";
import { endAll, Pipit, run } from "../cli/support/pipit.js";
import { DOMAIN, PASSWORD, TestServer } from "../cli/support/server.js";
import { freePort } from "../interop/support/ports.js";

jest.setTimeout(60_000);

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-"));
  server = await TestServer.start();
});
afterEach(endAll);
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Writes a fleet file. @returns its path */
async function fleet(file: object): Promise<string> {
  const path = join(folder, "fleet.yaml");
  await writeFile(path, JSON.stringify(file));
  return path;
}

/** A fleet on the server of the test. */
const here = (more: object): Promise<string> =>
  fleet({
    server: { uri: `xmpp://127.0.0.1:${server.port}`, ca: server.ca },
    accounts: { jid: `dev%i@${DOMAIN}`, password: PASSWORD },
    nodes: { owner: { jid: `owner@${DOMAIN}` } },
    ...more,
  });

const summaryOf = (stdout: string) =>
  JSON.parse(stdout.trim().split("\n").at(-1) as string).summary;

describe("examples on a virtual clock:", () => {
  test("greenhouse: a minute, and the same readings each time", async () => {
    const read = async (name: string): Promise<string> => {
      const log = join(folder, name);
      const { status, stderr } = await run([
        ...["simulate", "-f", "examples/greenhouse.yaml", "--fast", "--log", log],
      ]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return readFile(log, "utf8");
    };
    const first = await read("1.jsonl");
    expect(await read("2.jsonl")).toBe(first);
    const events = first
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const readings = events.flatMap(({ readings = [] }) => readings);
    expect(new Set(readings.map(({ unit }) => unit))).toEqual(
      new Set(["Cel", "%RH", "%", "/", "count", "V", "W", "Hz", undefined]), // a gap in a recording
    );
    expect(readings.length).toBeGreaterThan(1000);
  });

  test("trouble: nothing is lost", async () => {
    const { status, stdout } = await run(["simulate", "-f", "examples/trouble.yaml", "--fast"]);
    expect(status).toBe(0);
    expect(stdout).toContain(", 0 lost;");
  });
});

test("a scenario that fails ends with status 1 and says what was not so", async () => {
  const path = await fleet({
    devices: [{ type: "a" }],
    scenario: [{ expect: { published: 1000, within: "5s" } }],
  });
  const { status, stderr } = await run(["simulate", "-f", path, "--fast"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/error: step 1: after 5000 ms a device has delivered \d item.*1000\n$/);
});

test("each device runs a sensor program", async () => {
  const program = join(folder, "vibration.wasm");
  const source = "firmware/programs/vibration.ts";
  expect((await run(["program", "build", source, "-o", program])).status).toBe(0);
  const inputs = { acceleration: { sine: { amplitude: 9.8, period: "20ms" } } };
  const path = await fleet({
    devices: [{ type: "lathe", count: 2, program: { file: "vibration.wasm", inputs } }],
    scenario: [{ expect: { published: 1, within: "30s" } }],
  });
  const log = join(folder, "program.jsonl");
  const { status, stderr } = await run(["simulate", "-f", path, "--log", log]);
  expect(`${status} ${stderr}`).toMatch(/^0 /);
  const text = await readFile(log, "utf8");
  expect(text).toContain("urn:dev:ops:pipit-lathe1:rms");
  expect(text).toContain("urn:dev:ops:pipit-lathe2:rms");
});

describe("on a server", () => {
  test("over two processes: each device once, nodes made before, one subscriber", async () => {
    const path = await here({
      devices: [{ type: "a", count: 6, interval: "200ms" }],
      scenario: [{ expect: { online: "100%", published: 2, within: "30s" } }],
    });
    const { status, stdout, stderr } = await run(["simulate", "-f", path, "--processes", "2"]);
    expect(`${status} ${stderr}`).toMatch(/^0 accounts and 6 nodes are there after /);
    expect(stdout).toMatch(/^6 connects, 0 resumes, 0 faults$/m);
  });

  test("parts of a fleet make up all of it", async () => {
    const path = await here({
      devices: [{ type: "a", count: 5, interval: "200ms" }],
      scenario: [{ expect: { published: 1, within: "30s" } }],
    });
    const names: string[] = [];
    for (const shard of ["1/2", "2/2"]) {
      const { status, stdout } = await run(["simulate", "-f", path, "--shard", shard, "--json"]);
      expect(status).toBe(0);
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      names.push(...new Set(lines.flatMap(({ board }) => board ?? [])));
    }
    expect(names.sort()).toEqual(["a1", "a2", "a3", "a4", "a5"]);
  });

  test("the example of a Kubernetes Job runs the part of its index", async () => {
    const path = await here({
      devices: [{ type: "a", count: 20, interval: "200ms" }],
      scenario: [{ expect: { published: 1, within: "30s" } }],
    });
    const example = parse(await readFile(`${ROOT}/examples/kubernetes-job.yaml`, "utf8"));
    expect(example.spec).toMatchObject({ completionMode: "Indexed", completions: 10 });
    const [{ command, args }] = example.spec.template.spec.containers;
    const [shell, ...rest] = [...command, ...args].map((argument: string) =>
      argument.replace("/fleet/fleet.yaml", `'${path}'`).replace("0.0.0.0:9464", "127.0.0.1:0"),
    );
    const env = { PATH: process.env.PATH, JOB_COMPLETION_INDEX: "9" };
    const { stdout } = await promisify(execFile)(shell as string, rest, { cwd: ROOT, env });
    expect(stdout).toMatch(/^2 connects, 0 resumes, 0 faults$/m);
  });

  test("a port for Prometheus that is in use", async () => {
    const path = await here({ devices: [{ type: "a" }] });
    const where = String(server.port);
    const { status, stderr } = await run(["simulate", "-f", path, "--prometheus", where]);
    expect(status).toBe(2);
    expect(stderr).toContain(
      `port ${where} on 127.0.0.1 is in use; choose another with --prometheus`,
    );
  });

  test("figures for Prometheus are served on loopback", async () => {
    const port = await freePort();
    const path = await here({ devices: [{ type: "a", count: 2, interval: "100ms" }] });
    const pipit = new Pipit(["simulate", "-f", path, "--prometheus", String(port)]);
    const read = async (): Promise<string> => {
      try {
        return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      } catch {
        return ""; // it is not there yet
      }
    };
    let text = "";
    while (!/^pipit_fleet_states\{state="online"\} 2$/m.test(text)) {
      text = await read();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(text).toMatch(/^pipit_fleet_devices 2$/m);
    pipit.signal("SIGINT");
    expect((await pipit.ended).status).toBe(0);
  });

  test("the trouble of many devices is told five times, and counted", async () => {
    const list = Array.from({ length: 9 }, (_, i) => ({
      jid: `dev${i}@${DOMAIN}`,
      password: i > 1 ? "wrong" : PASSWORD,
    }));
    const path = await here({
      accounts: { list },
      nodes: { name: "shared" },
      devices: [{ type: "a", count: 9, interval: "1s" }],
      scenario: [{ expect: { online: "20%" } }, { wait: "1s" }],
    });
    server.createNode("shared");
    const { status, stdout, stderr } = await run(["simulate", "-f", path, "--json"]);
    expect(`${status} ${stderr}`).toMatch(/^0 /);
    expect(stderr.match(/^a[0-9]: /gm)).toHaveLength(5);
    expect(summaryOf(stdout)).toMatchObject({ failed: 7, troubles: { "not-authorized": 7 } });
  });
});

describe("what cannot be run is said at once:", () => {
  test.each<[string, string[], number, RegExp]>([
    ["a file that is not there", ["-f", "none.yaml"], 2, /^error: none.yaml cannot be read: /],
    [
      "an option that the file says",
      ["-f", "examples/trouble.yaml", "-c", "3"],
      2,
      /^error: --count is said by the file/,
    ],
    ["no account", [], 2, /^error: as whom are the boards to log in\? Say so by --jid/],
    ["a shard that is none", ["--shard", "3/2"], 2, /Write i\/n, such as 1\/4/],
    [
      "processes for a virtual clock",
      ["-f", "examples/trouble.yaml", "--fast", "--processes", "2"],
      2,
      /leave out --processes/,
    ],
    [
      "processes for the embedded server",
      ["-f", "examples/trouble.yaml", "--processes", "2"],
      2,
      /need a server of their own/,
    ],
    [
      "a log that cannot be written",
      ["-f", "examples/trouble.yaml", "--fast", "--log", "/none/log"],
      2,
      /^error: \/none\/log cannot be written: /,
    ],
  ])("%s", async (_, args, status, says) => {
    const ended = await run(["simulate", ...args]);
    expect(ended.stderr).toMatch(says);
    expect(ended.status).toBe(status);
  });

  test("a virtual clock for a server that has a real one", async () => {
    const path = await here({ devices: [{ type: "a" }] });
    const { status, stderr } = await run(["simulate", "-f", path, "--fast"]);
    expect(status).toBe(2);
    expect(stderr).toContain("leave out --fast, or server and accounts");
  });

  test("a server that is not there, when nodes are to be made", async () => {
    const path = await here({
      server: { uri: `xmpp://127.0.0.1:${await freePort()}`, ca: server.ca },
      devices: [{ type: "a" }],
    });
    const { status, stderr } = await run(["simulate", "-f", path]);
    expect(status).toBe(1);
    expect(stderr).toContain("Is the server running, and on this port?");
  });
});
