import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { compileProgram } from "../../scripts/xs-program.mjs";
import { makeTLSCases } from "../support/tls-cases.js";
import { requireXS, results, runBesides } from "../xs/host.js";
import { servePeers } from "../xs/peers.js";

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

  describe("TLS on the XS host, with the memory of an ESP32", () => {
    test.each(results<Result>(ending))("$name", ({ problem }) => {
      expect(problem).toBeUndefined();
    });
  });
}
