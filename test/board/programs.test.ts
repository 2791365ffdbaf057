/** Sensor programs that were built into a board's firmware. */

import { expect, test } from "@jest/globals";
import type { BuiltInProgram } from "../../firmware/board/programs.js";
import * as thinning from "../../firmware/programs/thinning.js";
import { PlainProgram } from "../../firmware/sensors/program.js";
import { Rig, SETTINGS } from "./support.js";

/** A signal that is nowhere straight for long. */
const built: BuiltInProgram = {
  describe: thinning.describe,
  begin: () => new PlainProgram(thinning),
  open: () => ({
    read: (window, start) => {
      window.forEach((_, index) => {
        window[index] = Math.floor((start + index) / 7) % 5;
      });
      return undefined;
    },
    close: () => {},
  }),
};

/** What a board has said under a name, after a minute with its program. */
function said(name: string, program: BuiltInProgram): (string | undefined)[] {
  const rig = new Rig(
    { ...SETTINGS, sensors: "chip,thinning" },
    { programs: { thinning: program } },
  );
  rig.on().untilPublished().pass(60);
  const records = rig.published.flatMap(
    (iq) => iq.elements()[0]?.elements()[0]?.elements()[0]?.elements()[0]?.elements() ?? [],
  );
  return records
    .filter((record) => `${record.attr("bn") ?? ""}${record.attr("n") ?? ""}`.endsWith(name))
    .map((record) => record.attr("v") ?? record.attr("vs"));
}

test("a program that the settings name publishes beside the sensors", () => {
  expect(said("thin", built).length).toBeGreaterThan(3);
  expect(said("chip", built).length).toBeGreaterThan(3);
});

test("one that cannot begin is told of, and its samples go raw", () => {
  const broken: BuiltInProgram = {
    ...built,
    begin: () => {
      throw new Error("this firmware has no such program");
    },
  };
  expect(said("thinning:status", broken)).toEqual(["this firmware has no such program"]);
  expect(said("raw", broken).length).toBeGreaterThan(3);
});

test("one whose sensor is not there says so", () => {
  const blind: BuiltInProgram = {
    ...built,
    open: () => {
      throw new Error("nothing at 0x68");
    },
  };
  expect(said("raw:status", blind)).toContain("no-answer");
});
