import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { endAll, Pipit } from "./support/pipit.js";
import { DOMAIN, TestServer } from "./support/server.js";

jest.setTimeout(60_000);

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  server.createNode("telemetry");
});
afterEach(endAll);
afterAll(() => server.stop());

test("pipit simulate --board starts a whole board, prints its log, and ends in good order", async () => {
  const pipit = new Pipit(
    [
      "simulate",
      "--board",
      ...server.here,
      "--im",
      "1000",
      "--jid",
      `board%i@${DOMAIN}`,
      "-t",
      "telemetry",
    ],
    server.environment,
  );
  await pipit.until(({ stdout }) => stdout.includes("the password is no longer kept"));
  expect(pipit.stdout).toMatch(
    /^\[0\.\d{3}\] info board: Pipit 0\.1\.0 on ESP32-C3: started, power-on$/m,
  );
  expect(pipit.stdout).toContain("info wifi: joined, with the address 192.0.2.7");
  expect(pipit.stdout).toContain("info clock: set to 20");
  pipit.signal("SIGINT");
  expect((await pipit.ended).status).toBe(0);
});
