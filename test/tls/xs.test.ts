import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { afterAll, describe, expect, test } from "@jest/globals";
import { createAuthority } from "../../host-sim/server/certificates.js";
import { compileProgram } from "../../scripts/xs-program.mjs";
import { makeTLSCases } from "../support/tls-cases.js";
import { requireXS, results, runBesides } from "../xs/host.js";
import { servePeers } from "../xs/peers.js";
import type { ResumptionResult, ResumptionSettings } from "./programs/resumption.js";

interface Result {
  readonly name: string;
  readonly problem?: string;
}

if (requireXS()) {
  const directory = mkdtempSync(join(tmpdir(), "pipit-xs-tls-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const files = (await makeTLSCases()).map(({ trusted, ...rest }, index) => {
    const file = join(directory, `${index}.json`);
    const text = typeof trusted === "string" ? trusted : [...trusted];
    writeFileSync(file, JSON.stringify({ ...rest, trusted: text }));
    return file;
  });
  const program = compileProgram("test/tls/programs/tls-conformance");
  const peers = await servePeers();
  const ending = await runBesides("esp32", program, `${peers.port}`, ...files);
  peers.close();

  test("a socket goes on with the session of the one before", async () => {
    const authority = await createAuthority("Pipit test authority");
    const { certificate: cert, key } = await authority.issue({ names: ["example.org"] });
    const server = createServer({ cert, key, maxVersion: "TLSv1.2" }, (socket) => {
      socket.on("error", () => {}); // the client goes away at once
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const settings: ResumptionSettings = {
      port: (server.address() as AddressInfo).port,
      serverName: "example.org",
      certificate: authority.certificate,
      times: 3,
    };
    const resumption = compileProgram("test/tls/programs/resumption");
    const connections = results<ResumptionResult>(
      await runBesides("esp32c3", resumption, JSON.stringify(settings)),
    );
    server.close();
    expect(connections).toMatchObject([
      { isResumed: false },
      { isResumed: true },
      { isResumed: true },
    ]);
  });

  describe("TLS on the XS host, with the memory of an ESP32", () => {
    test.each(results<Result>(ending))("$name", ({ problem }) => {
      expect(problem).toBeUndefined();
    });
  });
}
