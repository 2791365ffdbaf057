/** The commands as their users run them, with a chip, or the real firmware, on the other end of a pseudo-terminal. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { SettingsTexts } from "../../firmware/board/settings.js";
import { SettingsStore } from "../../firmware/board/settings-store.js";
import { Air } from "../../host-sim/board/air.js";
import { Flash } from "../../host-sim/board/flash.js";
import { SimulatedBoard } from "../../host-sim/board/simulated-board.js";
import { TimeServer } from "../../host-sim/board/time-server.js";
import { writeImage } from "../../host-sim/device/image.js";
import { nodeProvider } from "../../host-sim/node/provider.js";
import { endAll, Pipit, run } from "../cli/support/pipit.js";
import { DOMAIN, PASSWORD, TestServer } from "../cli/support/server.js";
import { FakeRom, OP } from "./support/fake-rom.js";
import type { Peer } from "./support/memory-line.js";
import { Pty } from "./support/pty.js";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "pipit-"));
const port = join(folder, "ttyUSB0");
const image = join(folder, "image");
const WIFI = { ssid: "home", passphrase: "correct horse", signal: -60 };

const ptys: Pty[] = [];
const boards: Chip[] = [];
let server: TestServer;

beforeAll(async () => {
  const program = new Uint8Array(50_000).map((_, at) => (at * at) & 0xff);
  program[0] = 0xe9;
  program.set([5, 0], 12);
  writeFileSync(join(folder, "xs_esp32.bin"), program);
  const part = { file: join(folder, "xs_esp32.bin"), offset: 0x20000 };
  writeImage(image, { name: "Pipit", version: "1.2.3", chip: "ESP32-C3" }, [part]);
  server = await TestServer.start();
  server.createNode("telemetry");
});
afterEach(async () => {
  await endAll();
  for (const pty of ptys.splice(0)) pty.unplug();
  // In good order: the server would wait for a session to be resumed.
  for (const { board } of boards) board.board?.close();
  await server.until(() => server.streams.every(({ closed }) => closed));
  for (const { board } of boards.splice(0)) board.powerOff();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function plugIn<Kind extends Peer>(peer: Kind): Promise<Kind & { unplug: () => void }> {
  const pty = await Pty.open(port, peer);
  ptys.push(pty);
  return Object.assign(peer, { unplug: () => pty.unplug() });
}

/** A boot loader that listens: a pseudo-terminal has no wires to reset it by. */
function rom(options: ConstructorParameters<typeof FakeRom>[0] = {}): FakeRom {
  const made = new FakeRom(options);
  made.isListening = true;
  return made;
}

/** A boot loader with the firmware behind it, which runs in real time and connects to a real server. */
class Chip implements Peer {
  onSend: (bytes: Uint8Array) => void = () => {};
  readonly flash = new Flash();
  readonly rom = rom();
  readonly board: SimulatedBoard;
  #isInFrame = false;

  constructor(texts?: SettingsTexts) {
    if (texts !== undefined) new SettingsStore(this.flash.open({ path: "settings" })).save(texts);
    const { timer, crypto, tls, dns } = nodeProvider();
    this.rom.onSend = (bytes) => this.onSend(bytes);
    this.board = new SimulatedBoard({
      timer,
      crypto,
      tls,
      dns,
      flash: this.flash,
      air: new Air([WIFI]),
      timeServer: new TimeServer(() => timer.now()),
      id: "0024befe4ff1",
      built: timer.now(),
      version: "1.2.3",
      onSerial: (bytes) => this.onSend(bytes),
    });
    this.board.powerOn();
    boards.push(this);
  }

  /** Frames of the boot loader's protocol begin and end with a byte that text never has. */
  receive(bytes: Uint8Array): void {
    if (!this.#isInFrame && bytes[0] !== 0xc0) return this.board.send(bytes);
    for (const byte of bytes) if (byte === 0xc0) this.#isInFrame = !this.#isInFrame;
    this.rom.receive(bytes);
  }

  get texts(): SettingsTexts | undefined {
    return new SettingsStore(this.flash.open({ path: "settings" })).load();
  }
}

/** Has a peer repeat itself: what it says before a program has opened the port is lost. */
function saying(peer: Peer, text: string): () => void {
  const timer = setInterval(() => peer.onSend(new TextEncoder().encode(text)), 100);
  return () => clearInterval(timer);
}

/** Everything that a board is to know of the server and the network. */
function settings(...others: string[]): string[] {
  const { here } = server;
  const where = ["--port", port, "--ssid", WIFI.ssid, ...here, "-t", "telemetry"];
  return [...where, "--jid", `board@${DOMAIN}`, "--set", "ntp=192.0.2.123", ...others];
}
const SECRETS = { PIPIT_PASSWORD: PASSWORD, PIPIT_WIFI_PASSWORD: WIFI.passphrase };

describe("pipit flash", () => {
  test("writes an image, and says how far it is", async () => {
    const chip = await plugIn(rom());
    const { status, stdout, stderr } = await run(["flash", image, "--port", port]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.split("\n").filter((line) => !/^[0-9]+ %$/.test(line));
    expect(lines).toEqual([
      `waiting for the boot loader on ${port}`,
      "ESP32-C3, 0024befe4ff1",
      "writing xs_esp32.bin to 0x20000",
      "the flash holds what was written",
      "Pipit 1.2.3 is on the ESP32-C3. Tell it its settings with: pipit provision",
      "",
    ]);
    expect(stdout).toContain("\n100 %\n");
    expect(chip.flash[0x20000 + 7]).toBe(49);
  });

  test("does not write to another chip", async () => {
    await plugIn(rom({ chipId: 9 }));
    const { status, stderr } = await run(["flash", image, "--port", port, "--json"]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "error: the chip is an ESP32-S3, and the image is for ESP32-C3\n",
    });
  });

  test("says so when the board is unplugged in the middle", async () => {
    const chip = (await plugIn(
      rom({
        onCommand: (op) => {
          if (op === OP.deflData) chip.unplug();
          return op !== OP.deflData;
        },
      }),
    )) as FakeRom & { unplug: () => void };
    const { status, stderr } = await run(["flash", image, "--port", port, "--json"]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `error: ${port} is gone: was the board unplugged?\n`,
    });
  });

  test("says so when the port is in use", async () => {
    const chip = await plugIn(rom());
    const logs = new Pipit(["logs", "--port", port]);
    const stop = saying(chip, "hello\n");
    await logs.until(({ stdout }) => stdout.includes("hello\n"));
    stop();
    const { status, stderr } = await run(["flash", image, "--port", port]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `error: ${port} is in use: close the monitor or terminal that has it open\n`,
    });
  });
});

describe("pipit provision", () => {
  test("gets a board online, with keys in place of the password, and says no secret", async () => {
    const chip = await plugIn(new Chip());
    const { status, stdout, stderr } = await run(["provision", ...settings()], SECRETS);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `pipit-fe4ff1 is online as board@${DOMAIN}, and publishes to telemetry\n`,
    });
    expect(stderr).toContain("pipit-fe4ff1: Pipit 1.2.3 on ESP32-C3\njoining home\nstored; the");
    expect(chip.texts?.keys).toMatch(/^sha-256,/);
    expect(chip.texts?.password).toBeUndefined();
    expect(stdout + stderr).not.toContain(PASSWORD);
    expect(stdout + stderr).not.toContain(WIFI.passphrase);
  });

  const OTHERS: [string, string[], Record<string, string>, number, string][] = [
    [
      "a wrong passphrase",
      [],
      { PIPIT_WIFI_PASSWORD: "battery staple" },
      1,
      "cannot join home: ch",
    ],
    ["a passphrase too short", [], { PIPIT_WIFI_PASSWORD: "short" }, 2, "passphrase is shorter th"],
    ["a wrong password", [], { PIPIT_PASSWORD: "wrong" }, 3, "Check the JID and the password"],
    ["a wrong value", ["--set", "interval=1"], {}, 2, "interval should be whole milliseconds"],
    ["a setting that is none", ["--set", "colour=red"], {}, 2, "there is no setting colour"],
    ["a secret for all to see", ["--set", "password=x"], {}, 2, "would be seen by others"],
    ["an empty node", ["-t", ""], {}, 2, "It is empty"],
  ];
  test.each(OTHERS)(
    "stores nothing of the account after %s",
    async (_why, args, env, code, says) => {
      const chip = await plugIn(new Chip());
      const { status, stderr } = await run(["provision", ...settings(...args)], {
        ...SECRETS,
        ...env,
      });
      expect(stderr).toContain(says);
      expect(status).toBe(code);
      expect(chip.texts?.jid).toBeUndefined();
    },
  );
});

describe("pipit logs", () => {
  test("prints what comes, and goes on when the board is plugged in again", async () => {
    const noise: Peer = { receive: () => {}, onSend: () => {} };
    const first = await plugIn({ ...noise });
    const logs = new Pipit(["logs", "--port", port, "--json"]);
    const lines = "ESP-ROM:\u001b[31m\r\n[1.500] warning wifi: lost\n";
    const stop = saying(first, lines);
    await logs.until(({ stdout }) => stdout.includes("lost"));
    stop();
    expect(logs.lines.map((line) => JSON.parse(line))).toEqual(
      expect.arrayContaining([
        { text: "ESP-ROM:\\u001b[31m" },
        { time: 1.5, level: "warning", subject: "wifi", text: "lost" },
      ]),
    );
    first.unplug();
    await logs.until(({ stderr }) => stderr.includes("the board is unplugged; waiting for it"));
    const second = await plugIn({ ...noise });
    await logs.until(({ stderr }) => stderr.includes("it is back"));
    const end = saying(second, "[0.001] info board: started\n");
    await logs.until(({ stdout }) => stdout.includes("started"));
    end();
    logs.signal("SIGINT");
    expect((await logs.ended).status).toBe(0);
  });
});

test("pipit erase wipes what a board has stored", async () => {
  const chip = await plugIn(new Chip({ ssid: WIFI.ssid, node: "telemetry" }));
  expect(await run(["erase", "--port", port])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--yes"),
  });
  expect(chip.texts?.node).toBe("telemetry");
  expect(await run(["erase", "--port", port, "--yes"])).toEqual({
    status: 0,
    stdout: "pipit-fe4ff1 has forgotten everything\n",
    stderr: "",
  });
  while (chip.texts !== undefined) await new Promise((resolve) => setImmediate(resolve));
});

test("pipit run flashes, provisions, and says when readings arrive", async () => {
  const chip = await plugIn(new Chip());
  const args = ["run", "--image", image, ...settings("--set", "interval=1000")];
  const pipit = new Pipit(args, SECRETS);
  await pipit.until(({ stderr }) => stderr.includes("its readings arrive: chip 41.5 °C, heap"));
  expect(chip.rom.flash[0x20000 + 7]).toBe(49);
  await pipit.until(({ stderr }) =>
    stderr.includes(`pipit watch -t telemetry --jid board@${DOMAIN}`),
  );
  pipit.signal("SIGINT");
  expect((await pipit.ended).status).toBe(0);
});
