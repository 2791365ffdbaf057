import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { compile, type Ending, requireXS, results, runBesides } from "./host.js";
import { servePeers } from "./peers.js";

interface Result {
  readonly name: string;
  readonly problem?: string;
}

const BOARDS = ["esp32c3", "esp32"];

if (requireXS()) {
  const directory = mkdtempSync(join(tmpdir(), "pipit-xs-storage-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const program = compile("conformance");
  const peers = await servePeers();
  const endings: Record<string, Ending> = {};
  for (const board of BOARDS) {
    endings[board] = await runBesides(board, program, join(directory, board), `${peers.port}`);
  }
  peers.close();

  describe.each(BOARDS)("the XS host, with the memory of an %s", (board) => {
    test.each(results<Result>(endings[board] as Ending))("$name", ({ problem }) => {
      expect(problem).toBeUndefined();
    });
  });
}
