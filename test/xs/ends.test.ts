import { describe, expect, test } from "@jest/globals";
import { compile, requireXS, runOnBoard } from "./host.js";

const ENDS = [
  {
    end: "slots",
    status: 11,
    says: /^out of memory: the slot heap needs \d+ more bytes of the static block, where \d+ of 94208 are free\nchunks: \d+ bytes\nslots: \d+ of 16 bytes, and of these:\n(?: +\d+ .+\n)* +\d+ object\n/,
  },
  { end: "chunks", status: 11, says: /^out of memory: the chunk heap needs \d+ more bytes/ },
  { end: "stack", status: 12, says: /^stack overflow: the stack has 512 slots\n +\d+ deeper\n/ },
  {
    end: "exception",
    status: 15,
    says: /^unhandled exception: TypeError: nobody expects it\n at /,
  },
  {
    end: "exceptionLater",
    status: 15,
    says: /^unhandled exception: TypeError: nobody expects it\n at /,
  },
  {
    end: "rejection",
    status: 18,
    says: /^unhandled rejection: RangeError: nobody waits for it\n at /,
  },
  { end: "flash", status: 15, says: /^unhandled exception: TypeError/ },
  { end: "random", status: 0, says: /^$/ },
];

if (requireXS()) {
  const program = compile("ends");

  describe("a program of the XS host ends, and says why", () => {
    test.each(ENDS)("$end: status $status", ({ end, status, says }) => {
      const ending = runOnBoard("esp32c3", program, end);
      expect(ending.stderr).toMatch(says);
      expect(ending.status).toBe(status);
    });

    test.each([
      { end: "slots", says: /^out of memory: the slot heap is full, and has a fixed size\n/ },
      { end: "chunks", says: /^out of memory: the chunk heap is full, and has a fixed size\n/ },
    ])("$end, where each heap has its own size", ({ end, says }) => {
      expect(runOnBoard("esp32", program, end)).toMatchObject({
        status: 11,
        stderr: expect.stringMatching(says),
      });
    });
  });
}
