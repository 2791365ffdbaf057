import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { freePort } from "../interop/support/ports.js";
import { endAll, run } from "./support/pipit.js";
import { TestServer } from "./support/server.js";

jest.setTimeout(60_000);
afterEach(endAll);

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  server.createNode("telemetry");
});
afterAll(() => server.stop());

test.each(
  [
    [],
    ["demo"],
    ["simulate"],
    ["watch"],
    ["publish"],
    ["node"],
    ["node", "create"],
    ["node", "configure"],
    ["node", "list"],
    ["node", "delete"],
    ["program"],
    ["program", "new"],
    ["program", "test"],
    ["program", "build"],
    ["program", "show"],
    ["server"],
    ["doctor"],
    ["dashboard"],
    ["collect"],
    ["export"],
    ["chaos"],
    ["run"],
    ["build"],
    ["flash"],
    ["provision"],
    ["logs"],
    ["erase"],
  ].map((command) => [command]),
)("pipit %j has --help", async (command) => {
  const { status, stdout, stderr } = await run([...command, "--help"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain(`Usage: ${["pipit", ...command].join(" ")}`);
  if (command.length > 0) expect(stdout).toMatch(/^(Examples?:| {2}npm start|Exit status:) /m);
});

test("without a command it shows what there is, and that is wrong usage", async () => {
  const { status, stdout, stderr } = await run([]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("Commands:");
  expect(stderr).toContain("Exit status:");
});

const ACCOUNT = ["--jid", "me@localhost", "--server", "xmpp://127.0.0.1:1"];
const PUBLISH = ["publish", ...ACCOUNT, "-t", "telemetry"];
const SERVER = ["server", "--port", "0", "--direct-port", "0", "--data", "/dev/null/none"];

describe("wrong usage ends with status 2, and one line that says what is wrong:", () => {
  const cases: [args: string[], says: string, environment?: Record<string, string>][] = [
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["watch", ...ACCOUNT, "-t", "t", "--frobnicate"], "unknown option '--frobnicate'"],
    [["watch", "-t", "telemetry"], "required option '--jid <jid>' not specified"],
    [["watch", "-t", "telemetry"], "required option '--jid <jid>'", { PIPIT_JID: "" }],
    [["watch", ...ACCOUNT], "required option '-t, --node <node>' not specified"],
    [["watch", "-t", "t", "--jid", "nobody"], "'nobody' is invalid. Write user@domain."],
    [["watch", "-t", "t", "--jid", "a b@localhost"], "In it, the local part must not contain U+00"],
    [["watch", "-t", "t"], "'pubsub.b' from env 'PIPIT_JID' is invalid", { PIPIT_JID: "pubsub.b" }],
    [["watch", "-t", "t", ...ACCOUNT, "-L", "0"], "Not a whole number of 1 or more"],
    [["watch", "-t", "t", ...ACCOUNT, "--service", "@"], "the local part is empty"],
    [["watch", "-t", "t", ...ACCOUNT, "--service", ""], "'--service <jid>' argument '' is invalid"],
    [["watch", ...ACCOUNT, "-t", ""], "'-t, --node <node>' argument '' is invalid. It is empty."],
    [
      ["watch", "-t", "t", "--jid", "me@127.0.0.1"],
      "127.0.0.1 is no name: name its pub/sub service",
    ],
    [["watch", "-t", "t", "--jid", "me@[::1]"], "[::1] is no name: name its pub/sub service"],
    [["watch", "-t", "t", ...ACCOUNT, "--mechanism", "DIGEST-MD5"], "Allowed choices are SCRAM"],
    [["watch", "-t", "t", ...ACCOUNT, "--ca", "/none"], "/none: ENOENT"],
    [["watch", "-t", "t", ...ACCOUNT, "--ca", import.meta.filename], "no PEM certificate"],
    [["watch", "-t", "t", "--jid", "a@b"], "xmpp://host[:port]", { PIPIT_SERVER: "b:5222" }],
    [["simulate", "-t", "t", ...ACCOUNT, "--interval", "1.5"], "Not a whole number of 10 or more"],
    [["simulate", ...ACCOUNT, "-t", ""], "'-t, --node <node>' argument '' is invalid"],
    [["simulate", ...ACCOUNT, "--seed", "4294967296"], "Not a whole number from 0 to 4294967295"],
    [["simulate", "-f", "x", "--server", "xmpp://b"], "--server is said by the file"],
    [["simulate", "-f", "x", "--startnumber", "2"], "--startnumber is said by the file"],
    [["simulate", "--board", "-f", "x"], "--file is for fleets: leave it out, or --board"],
    [["simulate", "--board", "-c", "2"], "--count is for fleets: leave it out, or --board"],
    [["simulate", ...ACCOUNT, "--storage", "/dev/null/x"], "ENOTDIR"],
    [["run"], "say what to flash: --board NAME, or --image PATH"],
    [["demo", "--server", "xmpp://127.0.0.1"], "--server needs --jid"],
    [["demo", "--jid", "board%i@localhost"], "Say so by --owner"],
    [["demo", ...ACCOUNT, "--owner", "localhost"], "'localhost' is invalid. Write user@domain."],
    [PUBLISH.concat("temperature"), '"temperature" is not a reading'],
    [PUBLISH.concat("temperature="), '"temperature=" is not a reading'],
    [PUBLISH.concat("=21.5"), '"=21.5" is not a reading'],
    [PUBLISH.concat("temperature=21,5:Cel"), '"21,5" is not a number like 21.5'],
    [PUBLISH.concat("temperature=21.5:Celsius"), '"Celsius" is not a primary unit'],
    [PUBLISH.concat("room temperature=21.5"), 'name "room temperature" is not'],
    [PUBLISH.concat("temperature=1e999"), "only finite ones can be sent"],
    [PUBLISH.concat("--id", "last"), "--id is for one item"],
    [PUBLISH.concat("a=1", "--id", ""), "'--id <id>' argument '' is invalid. It is empty."],
    [["node", "create", ...ACCOUNT], "missing required argument 'node'"],
    [["node", "create", "", ...ACCOUNT], "value '' is invalid for argument 'node'. It is empty."],
    [["node", "create", "t", ...ACCOUNT, "--config", "max_items"], "Write name=value"],
    [SERVER.with(2, "70000"), "Not a whole number from 0 to 65535"],
    [SERVER.concat("--domain", "not a domain"), "the domain has the label"],
  ];
  const named = cases.map(([args, says, environment]) => {
    return { line: args.join(" "), args, says, environment };
  });
  test.each(named)("$line", async ({ args, says, environment }) => {
    const outcome = await run(args, { PIPIT_PASSWORD: "secret", ...environment });
    expect(outcome).toMatchObject({ status: 2, stdout: "" });
    const [first, second] = outcome.stderr.split("\n");
    expect(first).toMatch(/^error: /);
    expect(first).toContain(says);
    expect(["", "(more with --help)"]).toContain(second);
  });
});

describe("a password comes", () => {
  const list = (...args: string[]) => ["node", "list", ...server.as("owner"), ...args];

  test("from the environment", async () => {
    expect(await run(list(), server.environment)).toMatchObject({ status: 0 });
  });

  test("from a file, which goes before the environment", async () => {
    const file = join(server.folder, "password");
    await writeFile(file, `${server.environment.PIPIT_PASSWORD}\n`);
    const wrong = { PIPIT_PASSWORD: "wrong" };
    expect(await run(list("--password-file", file), wrong)).toMatchObject({ status: 0 });
  });

  test.each([
    ["nowhere else", [], {}, "set PIPIT_PASSWORD, or name a file with --password-file"],
    ["not from an empty variable", [], { PIPIT_PASSWORD: "" }, "set PIPIT_PASSWORD"],
    ["not from a file that is not there", ["--password-file", "/none"], {}, "/none cannot be read"],
    ["not from an empty file", ["--password-file", "/dev/null"], {}, "the password is empty"],
  ])("%s", async (_where, args, environment, message) => {
    const { status, stderr } = await run(list(...args), environment);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  test("never from the command line, where others could see it", async () => {
    const { stdout } = await run(["watch", "--help"]);
    expect(stdout).not.toMatch(/--password[ =]/);
  });
});

describe("the environment can say", () => {
  test("who connects, and where to", async () => {
    const { here } = server;
    const environment = {
      ...server.environment,
      PIPIT_JID: "owner@pipit.test",
      PIPIT_SERVER: here[1] as string,
    };
    const args = ["node", "list", "--ca", server.ca];
    expect(await run(args, environment)).toMatchObject({ status: 0, stdout: "telemetry\n" });
  });
});

describe("a failure ends with the status that says whose it is, and with advice:", () => {
  /** One that connects once, and one that would connect again. */
  const commands: readonly (readonly string[])[] = [
    ["publish", "-t", "telemetry", "a=1"],
    ["watch", "-t", "telemetry"],
  ];

  interface Failure {
    why: string;
    options: () => string[];
    password?: string;
    status: number;
    says: string[];
  }
  let refusing = 0;
  beforeAll(async () => {
    refusing = await freePort();
  });
  const failures: Failure[] = [
    {
      why: "a wrong password",
      options: () => server.as("me"),
      password: "wrong",
      status: 3,
      says: ["(not-authorized)", "Check the JID and the password"],
    },
    {
      why: "an account that is not there",
      options: () => server.as("nobody"),
      status: 3,
      says: ["(not-authorized)", "Check the JID and the password"],
    },
    {
      why: "a certificate that is not trusted",
      options: () => server.as("me").slice(0, -2),
      status: 3,
      says: ["(certificate-invalid)", "name it with --ca"],
    },
    {
      why: "a port where nobody listens",
      options: () => ["--jid", "me@pipit.test", "--server", `xmpp://127.0.0.1:${refusing}`],
      status: 1,
      says: [`127.0.0.1 port ${refusing}`.slice(0, 14), "Is the server running"],
    },
    {
      why: "a domain that is not the server's",
      options: () => ["--jid", "me@elsewhere.test", ...server.here],
      status: 1,
      says: ["(host-unknown)", "The domain of the JID"],
    },
    {
      why: "direct TLS where there is STARTTLS",
      options: () => [...server.as("me").with(3, `xmpps://127.0.0.1:${server.port}`)],
      status: 1,
      says: ["(tls-failure)", "xmpps:// for TLS alone"],
    },
    {
      why: "STARTTLS where there is direct TLS",
      options: () => [...server.as("me").with(3, `xmpp://127.0.0.1:${server.directPort}`)],
      status: 1,
      says: [""],
    },
  ];
  test.each(failures)("$why", async ({ options, password, status, says }) => {
    const environment = { PIPIT_PASSWORD: password ?? server.environment.PIPIT_PASSWORD };
    const runs = commands.map((command) => run([...command, ...options()], environment));
    for (const outcome of await Promise.all(runs)) {
      expect(outcome).toMatchObject({ status, stdout: "" });
      expect(outcome.stderr).toMatch(/^error: .*\n$/);
      for (const text of says) expect(outcome.stderr).toContain(text);
    }
  });
});
