/** Runs one contender of `connect.bench.mjs` in a process of its own. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

let session;

/** What a process can be asked to do. */
const tasks = {
  /** Connects and publishes. The session stays open until `close`. */
  async connect(connect, target) {
    session = await connect(target);
    return { ms: session.ms, mechanism: session.mechanism };
  },

  close: () => session.close(),

  /** Sessions one after the other. Returns the milliseconds of processor time for each. */
  async spend(connect, target, count) {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) await (await connect(target)).close();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / count;
  },

  /** Sessions side by side. Returns the bytes of resident memory for each. They end with the process. */
  async hold(connect, target, count) {
    const open = async (count) => {
      for (let i = 0; i < count; i++) await connect(target);
      global.gc();
      return process.memoryUsage().rss;
    };
    const before = await open(20); // what all of them share is there then
    return ((await open(count)) - before) / count;
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { connect } = await import(process.argv[2]);
  process.on("message", async ([task, ...parameters]) => {
    try {
      process.send({ value: await tasks[task](connect, ...parameters) });
    } catch (error) {
      process.send({ error: String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}

/**
 * Starts a process.
 * @param file the contender's module
 * @param authorities a file of the certificates to trust
 * @param flags for Node
 */
export function startContender(file, authorities, ...flags) {
  const child = fork(fileURLToPath(import.meta.url), [new URL(file, import.meta.url).href], {
    execArgv: ["--expose-gc", ...flags],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: authorities },
  });
  const exit = once(child, "exit");
  return {
    /** Has it do a task, one at a time. */
    async ask(task, ...parameters) {
      child.send([task, ...parameters]);
      const [{ value, error = "its process ended" }] = await Promise.race([
        once(child, "message"),
        exit.then(() => [{}]),
      ]);
      if (value === undefined && task !== "close") throw new Error(`${file} ${task}: ${error}`);
      return value;
    },
    async end() {
      if (child.connected) child.disconnect();
      await exit;
    },
  };
}
