import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { compile, requireXS, results, runOnBoard } from "./host.js";

interface Result {
  readonly name: string;
  readonly problem?: string;
}

if (requireXS()) {
  const directory = mkdtempSync(join(tmpdir(), "pipit-xs-storage-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const program = compile("conformance");
  const outcomes = results<Result>(runOnBoard("esp32c3", program, join(directory, "flash")));

  describe("the XS host's storage, crypto and timer", () => {
    test.each(outcomes)("$name", ({ problem }) => {
      expect(problem).toBeUndefined();
    });
  });
}
