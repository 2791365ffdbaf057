import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import { nodeProvider } from "../../host-sim/node/provider.js";
import { SystemResolver } from "../../host-sim/node/resolver.js";
import { TCP } from "../../host-sim/node/tcp.js";
import { TLSSocket } from "../../host-sim/node/tls.js";
import { UDP } from "../../host-sim/node/udp.js";
import { createAuthority } from "../../host-sim/server/certificates.js";

const directory = mkdtempSync(join(tmpdir(), "pipit-provider-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe("the Node provider", () => {
  test("has all that a client takes", () => {
    expect(nodeProvider()).toEqual({
      tcp: { io: TCP },
      tls: { io: TLSSocket, TCP: { io: TCP } },
      dns: { io: SystemResolver, servers: expect.any(Array), socket: { io: UDP } },
      timer: expect.anything(),
      crypto: expect.anything(),
    });
  });

  test("trusts the authorities in a file in place of Node's", async () => {
    const [one, other] = [await createAuthority("One"), await createAuthority("Other")];
    const text = `# Ours\n${one.certificate}\n# Theirs\n${other.certificate}`;
    expect(nodeProvider({ certificateFile: file("ca.pem", text) }).tls.secure).toEqual({
      certificate: one.certificate + other.certificate,
    });
  });

  const PEM = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

  test.each([
    ["that is not there", join(directory, "missing.pem"), "no such file"],
    ["with nothing in it", file("empty.pem", ""), "no PEM certificate"],
    [
      "with a key in it",
      file("key.pem", PEM("AAAA").replaceAll("CERTIFICATE", "PRIVATE KEY")),
      "no PEM certificate",
    ],
    ["with a damaged certificate", file("damaged.pem", PEM("AAAA")), "certificate 1 is damaged"],
  ])("refuses a file %s, and names it", (_what, path, text) => {
    const create = () => nodeProvider({ certificateFile: path });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(path);
    expect(create).toThrow(text);
  });
});
