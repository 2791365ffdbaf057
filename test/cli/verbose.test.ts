import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { MECHANISMS } from "../../firmware/xmpp/sasl/mechanism.js";
import { endAll, run } from "./support/pipit.js";
import { PASSWORD, TestServer } from "./support/server.js";

jest.setTimeout(60_000);
afterEach(endAll);

/** What the two sides say in SASL: with it, or with the time to try passwords on it, one can log in. */
function secretsOf(server: TestServer): string[] {
  const said = server.streams.map((stream) => stream.client + stream.server).join("");
  return [...said.matchAll(/<(?:auth|challenge|response|success)[^>]*>([^<]+)</g)].map(
    (match) => match[1] as string,
  );
}

describe.each(MECHANISMS)("--verbose with %s", (mechanism) => {
  test.each([
    ["the right password", PASSWORD, 0],
    ["a wrong one", "wrong-password", 3],
  ])("prints the XML without its secrets: %s (pitfall 63)", async (_which, password, status) => {
    const server = await TestServer.start({ mechanisms: [mechanism] });
    try {
      server.createNode("telemetry");
      const options = ["-t", "telemetry", "--mechanism", mechanism, "--verbose"];
      const args = ["publish", ...server.as("me"), ...options, "temperature=21.5:Cel"];
      const outcome = await run(args, { PIPIT_PASSWORD: password });
      expect(outcome.status).toBe(status);

      const payloads = secretsOf(server);
      expect(payloads.length).toBeGreaterThanOrEqual(mechanism === "PLAIN" ? 1 : 3);
      const base64 = (text: string): string => Buffer.from(text).toString("base64");
      const secrets = [...payloads, ...payloads.map((payload) => atob(payload))];
      for (const secret of [...secrets, password, base64(password), base64(`\0me\0${password}`)])
        expect(outcome.stdout + outcome.stderr).not.toContain(secret);

      // Everything else is there, one element to a line, and none of it among the data.
      const lines = outcome.stderr.split("\n");
      expect(lines).toContain(
        `> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mechanism}'>(not shown)</auth>`,
      );
      const trace = lines.filter((line) => /^[<>] </.test(line));
      expect(lines.length - trace.length).toBe(status === 0 ? 1 : 2); // the end, and the error
      if (status === 0) expect(outcome.stderr).toMatch(/^> <iq .*<publish node='telemetry'>/m);
      expect(outcome.stdout).toMatch(status === 0 ? /^published \S+\n$/ : /^$/);
    } finally {
      await server.stop();
    }
  });
});
