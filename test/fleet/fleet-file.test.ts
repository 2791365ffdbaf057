/** What is said of fleet files that cannot be used: the line, the field, and what to do. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { ConfigError } from "../../firmware/xmpp/errors.js";
import { parseFleetFile } from "../../host-sim/fleet/fleet-file.js";
import { readPlan } from "../../host-sim/fleet/read-plan.js";

const SERVER = "server: { uri: xmpp://127.0.0.1 }\n";
const ACCOUNTS = "accounts: { jid: dev%i@example.org, password: secret }\n";
const DEVICES = "devices: [{ type: a }]\n";

async function complaint(text: string, environment = {}): Promise<string> {
  try {
    await (await readPlan(parseFleetFile(text, "f.yaml", environment))).close();
  } catch (error) {
    return (error as ConfigError).text;
  }
  return "nothing";
}

const channel = (fields: string): string =>
  `devices:\n  - type: a\n    channels:\n      - { ${fields} }\n`;
const value = (spec: string): string => channel(`name: t, unit: Cel, value: ${spec}`);
const step = (spec: string): string => `${DEVICES}scenario:\n  - ${spec}\n`;

const CASES: [wrong: string, text: string, says: string][] = [
  ["no YAML", "devices: [", "f.yaml:1:11: this is not YAML: "],
  ["an empty file", "", "f.yaml:1:1: the file is empty, and should be a list of `name: value`"],
  ["no devices", "seed: 1\n", "f.yaml:1:1: the file lacks devices: add `devices: …`"],
  [
    "an unknown field",
    `${DEVICES}sead: 3\n`,
    "f.yaml:2:1: sead is no field that there is here: take one of name, seed, ",
  ],
  [
    "a seed that is a text",
    `${DEVICES}seed: x\n`,
    'f.yaml:2:1: seed is "x", and should be a whole number from 0 to 4294967295',
  ],
  [
    "a count of 0",
    "devices:\n  - type: a\n    count: 0\n",
    "f.yaml:3:5: devices[0].count is 0, and should be a whole number, 1 or more",
  ],
  [
    "a time without a unit",
    "devices:\n  - { type: a, interval: 10 }\n",
    "f.yaml:2:16: devices[0].interval is 10, and should be a time with its unit: ms, s, m, h or d, such as 10s",
  ],
  [
    "a share above all",
    "devices:\n  - { type: a, jitter: 120% }\n",
    'devices[0].jitter is "120%", and should be a percentage, such as 20%',
  ],
  [
    "a type that is no word",
    "devices: [{ type: a b }]\n",
    'devices[0].type is "a b", and should be a word of letters, digits and hyphens',
  ],
  [
    "a type twice",
    "devices:\n  - type: a\n  - type: a\n",
    "f.yaml:3:5: devices[1].type is a again: give each type a name of its own",
  ],
  [
    "a channel without a value",
    channel("name: t, unit: Cel"),
    "f.yaml:4:9: devices[0].channels[0] lacks value: add `value: …`",
  ],
  [
    "a unit that is none",
    channel("name: t, unit: Celsius, value: 1"),
    'f.yaml:4:20: devices[0].channels[0].unit is "Celsius", which is no unit of the SenML registry: take Cel for °C',
  ],
  [
    "a channel twice",
    `${channel("name: t, unit: m, value: 1")}      - { name: t, unit: m, value: 2 }\n`,
    "f.yaml:5:11: devices[0].channels[1].name is t again",
  ],
  [
    "an alarm at most once",
    channel("name: t, unit: m, value: 1, alarm: true, qos: at-most-once"),
    "alarm is true, and alarms cannot go at-most-once: give the channel another qos",
  ],
  [
    "a qos that is none",
    channel("name: t, unit: m, value: 1, qos: twice"),
    'qos is "twice", and should be at-most-once, at-least-once or effectively-once',
  ],
  [
    "a generator that is none",
    value("{ cosine: 1 }"),
    "value.cosine is no field that there is here: take one of sine, daily, walk,",
  ],
  [
    "two generators in one",
    value("{ noise: { deviation: 1 }, drift: { per-hour: 1 } }"),
    "value says several things: make each an entry of its own",
  ],
  [
    "a sine without a period",
    value("{ sine: { amplitude: 1 } }"),
    "value.sine lacks period: add `period: …`",
  ],
  [
    "a recording that is not there",
    value("{ replay: { file: none.csv } }"),
    "value cannot be used: ",
  ],
  [
    "a module that is not there",
    value("{ module: { file: none.mjs } }"),
    "none.mjs cannot be loaded: ",
  ],
  [
    "a program that is not there",
    "devices:\n  - { type: a, program: none.wasm }\n",
    "f.yaml:2:16: devices[0].program cannot be used: ",
  ],
  [
    "a sensor and channels",
    `${channel("name: t, unit: m, value: 1")}    sensor: room\n`,
    "f.yaml:5:5: devices[0].sensor and channels are both given: take one of them away",
  ],
  [
    "a server that is no URI",
    `${ACCOUNTS}${DEVICES}server: { uri: example.org }\n`,
    'f.yaml:3:11: server.uri is "example.org", and should be xmpp://host[:port] for STARTTLS',
  ],
  [
    "a port that is none",
    `${ACCOUNTS}${DEVICES}server: { uri: "xmpp://a:99999" }\n`,
    'f.yaml:3:11: server.uri is "xmpp://a:99999". Write xmpp://host[:port]',
  ],
  [
    "a server of another kind",
    `${DEVICES}server: none\n`,
    'server is "none", and should be embedded',
  ],
  [
    "no accounts",
    `${SERVER}${DEVICES}`,
    "f.yaml:1:1: accounts should say who the devices are: add `jid: device%i@…` or `list: …`",
  ],
  [
    "no password",
    `${SERVER}${DEVICES}accounts: { jid: "d%i@example.org" }\n`,
    "f.yaml:3:1: accounts has no password: add `password: …`",
  ],
  [
    "an account that is no address",
    `${SERVER}${DEVICES}accounts: { jid: example.org, password: x }\n`,
    'f.yaml:3:13: accounts.jid is "example.org", and should be user@domain',
  ],
  [
    "fewer accounts than devices",
    `${SERVER}devices: [{ type: a, count: 2 }]\naccounts:\n  list: [{ jid: a@b.c, password: x }]\n`,
    "f.yaml:4:3: accounts.list has 1 accounts, and there are more devices: add some",
  ],
  [
    "one resource for two devices",
    `${SERVER}devices: [{ type: a, count: 2 }]\naccounts: { jid: a@b.c/d, password: x }\n`,
    "f.yaml:3:1: accounts has a@b.c/d for two devices, which would throw each other out",
  ],
  [
    "a variable that is not set",
    `${SERVER}${DEVICES}accounts:\n  password: \${NONE}\n`,
    "f.yaml:4:3: accounts.password names the variable NONE, which is not set: export NONE=…",
  ],
  [
    "a step that is none",
    step("sleep: 1s"),
    "f.yaml:3:5: scenario[0].sleep is no field that there is here: take one of wait, expect, cut,",
  ],
  [
    "two steps in one",
    step("{ wait: 1s, cut: {} }"),
    "scenario[0] says several things: make each an entry of its own",
  ],
  [
    "an empty expectation",
    step("expect: {}"),
    "scenario[0].expect is empty: give it one of online, published,",
  ],
  [
    "a step for a type that there is not",
    step("cut: { type: b }"),
    "f.yaml:3:12: scenario[0].cut.type is b: there are a",
  ],
  [
    "a restart that nobody knows how to do",
    `${SERVER}${ACCOUNTS}${step("server-restart: {}")}`,
    "f.yaml:5:5: scenario[0].server-restart needs a command that restarts the server: add `restart: …` to server",
  ],
];

describe("a fleet file with", () => {
  test.each(CASES)("%s", async (_, text, says) => {
    expect(await complaint(text)).toContain(says);
  });

  test("several mistakes: all of them are told, the first ten", async () => {
    const text = `devices:\n${"  - { type: a, count: 0 }\n".repeat(12)}`;
    const lines = (await complaint(text)).split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[10]).toBe("and 2 more");
  });
});

test("variables of the environment stand for what they are", async () => {
  const text = `${SERVER}${DEVICES}accounts: { jid: "d%i@example.org", password: "a\${P}b" }\n`;
  const plan = await readPlan(parseFleetFile(text, "f.yaml", { P: "ss" }));
  expect(plan.devices[0]?.password).toBe("assb");
});

test("accounts, nodes and devices follow their patterns", async () => {
  const text = `${SERVER}${ACCOUNTS}nodes: { name: x/%t/%i }\nstart: { number: 5 }
devices: [{ type: a, count: 2 }, { type: b, interval: 3s, jitter: 50% }]\n`;
  const plan = await readPlan(parseFleetFile(text, "f.yaml"));
  expect(plan.service).toBe("pubsub.example.org");
  expect(plan.devices.map(({ name, jid, node }) => [name, jid, node])).toEqual([
    ["a5", "dev5@example.org", "x/a/5"],
    ["a6", "dev6@example.org", "x/a/6"],
    ["b7", "dev7@example.org", "x/b/7"],
  ]);
  expect(plan.devices[2]?.type).toMatchObject({ interval: 3000, jitter: 0.5 });
});

test("every example that needs nothing else is a good fleet file", async () => {
  const environment = { FLEET_PASSWORD: "x", OWNER_PASSWORD: "y" };
  for (const name of ["greenhouse", "trouble", "production"]) {
    const path = `examples/${name}.yaml`;
    const plan = await readPlan(parseFleetFile(readFileSync(path, "utf8"), path, environment));
    expect(plan.devices.length).toBeGreaterThan(0);
  }
});
