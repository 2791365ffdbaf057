import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "@jest/globals";
import { seeded } from "../support/random.js";
import { titleOf } from "../transcripts/runner.js";
import { compile, pathOf, requireXS, results, runOnBoard } from "./host.js";

interface Result {
  readonly name: string;
  readonly cut: string;
  readonly problem?: string;
}

const directory = new URL("../transcripts/", import.meta.url);
const names = readdirSync(directory).filter((name) => name.endsWith(".txt"));
const { seed, int } = seeded();

if (requireXS()) {
  const program = compile("transcripts");
  const sizes = Array.from({ length: 100 }, () => 1 + int(40)).join();

  describe.each(["esp32c3", "esp32"])("in XS, with the memory of an %s", (board) => {
    const ending = runOnBoard(board, program, sizes, pathOf(directory), ...names);

    describe.each(names)("%s", (name) => {
      const title = titleOf(readFileSync(new URL(name, directory), "utf8"));

      test.each(["whole", "byte by byte", "at random"])(`${title} [%s; seed ${seed}]`, (cut) => {
        const result = results<Result>(ending).find((it) => it.name === name && it.cut === cut);
        if (result === undefined) throw new Error("it was not run");
        if (result.problem !== undefined) throw new Error(result.problem);
      });
    });
  });
}
