import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { openStore, openStoreToRead } from "../../../host-sim/collector/open-store.js";
import { all, item } from "./support.js";

jest.setTimeout(60_000);

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-"));
  file = join(folder, "store.db");
});
afterEach(() => rm(folder, { recursive: true }));

const MODULE = new URL("../../../build/host-sim/collector/open-store.js", import.meta.url).href;

/** Adds items of ten readings for ever, and says the number of each once it is stored. */
const WRITER = `
  import { openStore } from "${MODULE}";
  const store = await openStore(process.argv[1], "pubsub");
  for (let i = 0; ; i++) {
    const readings = Array.from({ length: 10 }, () => ({ name: "d:" + i, value: i, time: 1_800_000_000 }));
    await store.add([{ node: "n", id: String(i), fingerprint: "f", received: 0, readings }]);
    console.log(i);
  }`;

describe("a process that writes", () => {
  test("may be killed at any time: what it said is stored is there, whole, and others can go on", async () => {
    for (const after of [1, 20, 77]) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER, file], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.split("\n").length > after) child.kill("SIGKILL");
      });
      await once(child, "close");
      const last = Number(said.trim().split("\n").at(-1));
      const store = await openStore(file, "pubsub");
      const counts = new Map<string, number>();
      for await (const { channel } of store.readings({}))
        counts.set(channel, (counts.get(channel) ?? 0) + 1);
      expect([...counts.values()].every((count) => count === 10)).toBe(true);
      for (let i = 0; i <= last; i++) expect(counts.has(String(i))).toBe(true);
      await store.close();
    }
  });

  test("keeps others from writing, and they say what to do", async () => {
    const store = await openStore(file, "pubsub");
    await expect(openStore(file, "pubsub")).rejects.toThrow(
      `${file} is in use by process ${process.pid}. If that is no pipit, remove ${file}.pid`,
    );
    await store.close();
  });

  test("does not keep others from reading", async () => {
    const store = await openStore(file, "pubsub");
    for (let i = 1; i <= 3; i++) {
      await store.add([item([{ name: "d:t", value: i, time: i }])]);
      const copy = await openStoreToRead(file);
      expect(await all(copy.readings({}))).toHaveLength(i);
      await copy.close();
    }
    await store.close();
  });
});

test.each(["4194305", "0", "", "nonsense"])(
  "what a killed process has left is no obstacle: pid %j",
  async (pid) => {
    await (await openStore(file, "pubsub")).close();
    writeFileSync(`${file}.pid`, pid);
    mkdirSync(`${file}.lock`);
    await (await openStore(file, "pubsub")).close();
    expect(existsSync(`${file}.pid`)).toBe(false);
    expect(existsSync(`${file}.lock`)).toBe(false);
  },
);

describe("it is said why, when", () => {
  test("there is no store to read", async () => {
    await expect(openStoreToRead(file)).rejects.toThrow(/^there is no store: ENOENT/);
    expect(existsSync(file)).toBe(false);
  });

  test("the file is something else", async () => {
    writeFileSync(file, "x".repeat(4_096));
    await expect(openStore(file, "pubsub")).rejects.toThrow("file is not a database");
    expect(existsSync(`${file}.pid`)).toBe(false);
  });

  test("the folder is not there", async () => {
    await expect(openStore(join(folder, "no", "store"), "pubsub")).rejects.toThrow(
      "cannot be used",
    );
  });
});

/** Stores until that fails, has the limit on the size of files lifted, and stores what is left. */
const LIMITED = `
  import { spawnSync } from "node:child_process";
  import { openStore } from "${MODULE}";
  const store = await openStore(process.argv[1], "pubsub");
  const item = (i) => ({ node: "n", id: String(i), fingerprint: "f", received: 0,
    readings: Array.from({ length: 100 }, () => ({ name: "d:t", value: i, time: i })) });
  let i = 0;
  try {
    for (;; i++) await store.add([item(i)]);
  } catch (error) {
    console.log(error.name, error.mayPass);
  }
  let stored = 0;
  for await (const _ of store.readings({})) stored++;
  console.log(stored === i * 100);
  spawnSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
  console.log(await store.add([item(i)]));
  await store.close();`;

test("a disk that takes no more loses nothing that was stored, and may take more later", async () => {
  const node = [process.execPath, "--input-type=module", "-e", LIMITED, file];
  const { stdout, stderr } = spawnSync("prlimit", ["--fsize=300000:unlimited", ...node], {
    encoding: "utf8",
  });
  expect(stdout + stderr).toBe("StoreError true\ntrue\n[ true ]\n");
});
