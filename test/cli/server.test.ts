import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { freePort } from "../interop/support/ports.js";
import { endAll, type Outcome, Pipit, run } from "./support/pipit.js";

jest.setTimeout(60_000);

let folder: string;
let data: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-"));
  data = join(folder, "data");
});
afterEach(async () => {
  await endAll();
  await rm(folder, { recursive: true });
});

interface Listening {
  domain: string;
  host: string;
  port: number;
  directPort: number;
  ca: string;
}

/** Starts `pipit server` on free ports, and returns when it listens. */
async function serve(
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = { PIPIT_PASSWORD: "secret" },
): Promise<Pipit & { listening: Listening }> {
  const options = ["--port", "0", "--direct-port", "0", "--data", data, "--json"];
  const pipit = new Pipit(["server", ...options, ...args], environment);
  await pipit.until(({ lines }) => lines.length > 0);
  return Object.assign(pipit, { listening: JSON.parse(pipit.stdout) as Listening });
}

/** Lists the nodes on a server, which needs a password that is right. */
function list(
  { listening }: { listening: Listening },
  jid: string,
  password: string,
): Promise<Outcome> {
  const { port, ca } = listening;
  const where = ["--server", `xmpp://127.0.0.1:${port}`, "--ca", ca];
  return run(["node", "list", "--jid", jid, ...where], { PIPIT_PASSWORD: password });
}

async function stop(pipit: Pipit): Promise<void> {
  pipit.signal("SIGINT");
  expect(await pipit.ended).toMatchObject({ status: 0 });
}

test("it says where it listens, and whom to trust, and ends with Ctrl-C", async () => {
  const server = await serve(["--account", "owner"]);
  const ca = join(data, "ca.pem");
  expect(server.listening).toEqual({
    domain: "localhost",
    host: "127.0.0.1",
    port: expect.any(Number),
    directPort: expect.any(Number),
    ca,
  });
  expect(server.lines).toHaveLength(1);
  const { directPort } = server.listening;
  const where = ["--server", `xmpps://127.0.0.1:${directPort}`, "--ca", ca];
  const create = ["node", "create", "weather", "--jid", "owner@localhost", ...where];
  expect(await run(create, { PIPIT_PASSWORD: "secret" })).toMatchObject({ status: 0 });
  server.signal("SIGINT");
  expect(await server.ended).toMatchObject({ status: 0, stderr: "" });
});

test("what it says for people names the same", async () => {
  const options = ["--port", "0", "--direct-port", "0", "--data", data, "--account", "owner"];
  const server = new Pipit(["server", ...options], { PIPIT_PASSWORD: "secret" });
  await server.until(({ lines }) => lines.length === 3);
  expect(server.stdout).toMatch(
    /^localhost at 127\.0\.0\.1: STARTTLS on port \d+, TLS on port \d+\n/,
  );
  expect(server.stdout).toContain(`--ca ${join(data, "ca.pem")}\n`);
  await stop(server);
});

test("accounts and the authority outlast it, and only its user may read its secrets", async () => {
  const files = ["ca.pem", "ca-key.pem", "accounts.json"].map((name) => join(data, name));
  const contents = () => Promise.all(files.map((file) => readFile(file, "utf8")));

  const first = await serve(["--account", "owner", "--account", "Dev1"]);
  expect(await list(first, "dev1@localhost", "secret")).toMatchObject({ status: 0 });
  const before = await contents();
  for (const text of before) expect(text).not.toContain("secret");
  const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777));
  expect(modes.slice(1)).toEqual([0o600, 0o600]);
  await stop(first);

  const second = await serve();
  expect(await contents()).toEqual(before);
  expect(await list(second, "dev1@localhost", "secret")).toMatchObject({ status: 0 });
  expect(await list(second, "dev1@localhost", "Secret")).toMatchObject({ status: 3 });
  expect(await list(second, "dev2@localhost", "secret")).toMatchObject({ status: 3 });
  await stop(second);
});

test("an account that is made again gets the new password, the others keep theirs", async () => {
  await stop(await serve(["--account", "owner", "--account", "dev1"]));
  const file = join(folder, "password");
  await writeFile(file, "changed\n");
  const server = await serve(["--account", "dev1", "--password-file", file], {});
  expect(await list(server, "dev1@localhost", "changed")).toMatchObject({ status: 0 });
  expect(await list(server, "dev1@localhost", "secret")).toMatchObject({ status: 3 });
  expect(await list(server, "owner@localhost", "secret")).toMatchObject({ status: 0 });
  await stop(server);
});

test("without an owner nobody can make nodes, which it says", async () => {
  const server = await serve(["--owner", "boss"], {});
  await server.until(({ stderr }) => stderr.endsWith("\n"));
  expect(server.stderr).toBe("There is no account boss yet: make it with --account boss\n");
  await stop(server);
});

test("when it ends, so do the streams on it, and clients wait for it to come back", async () => {
  const server = await serve(["--account", "owner"]);
  const { port, ca } = server.listening;
  const where = ["--jid", "owner@localhost", "--server", `xmpp://127.0.0.1:${port}`, "--ca", ca];
  const environment = { PIPIT_PASSWORD: "secret" };
  await run(["node", "create", "weather", ...where], environment);
  const watch = new Pipit(["watch", "-t", "weather", ...where], environment);
  await watch.until(({ stderr }) => stderr.includes("watching"));
  await stop(server);
  await watch.until(({ stderr }) => stderr.includes("trying again"));
  expect(watch.stderr).toMatch(/\nsystem-shutdown; trying again in \d+ s\n/);
  watch.signal("SIGINT");
  expect(await watch.ended).toMatchObject({ status: 0 });
});

describe("it does not start, and says why,", () => {
  test.each(["--port", "--direct-port"])(
    "when another program has the port of %s",
    async (option) => {
      const port = await freePort();
      const other = createServer().listen(port, "127.0.0.1");
      try {
        const options = ["--port", "0", "--direct-port", "0", "--data", data, option, String(port)];
        expect(await run(["server", ...options])).toEqual({
          status: 2,
          stdout: "",
          stderr: `error: port ${port} on 127.0.0.1 is in use; choose another with ${option}\n`,
        });
      } finally {
        other.close();
      }
    },
  );

  test.each([
    ["accounts.json", "{", "delete it to begin without accounts"],
    ["accounts.json", '{"owner":{}}', "iterations is not a number; delete it to begin"],
    ["ca.pem", "", "delete ca.pem and ca-key.pem for a new one"],
  ])("when %s is damaged: %j", async (name, content, says) => {
    await stop(await serve(["--account", "owner"]));
    await writeFile(join(data, name), content);
    const { status, stderr } = await run(["server", "--port", "0", "--data", data]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(data);
    expect(stderr).toContain(says);
  });

  test("when its folder cannot be made", async () => {
    await writeFile(data, "a file");
    const { status, stderr } = await run(["server", "--port", "0", "--data", data]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(data);
  });
});
