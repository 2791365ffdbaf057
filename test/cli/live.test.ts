import { afterEach, expect, jest, test } from "@jest/globals";
import { Live } from "../../host-sim/cli/live.js";

const terminal = Object.getOwnPropertyDescriptor(process.stdout, "isTTY");
afterEach(() => {
  jest.restoreAllMocks();
  Object.defineProperty(process.stdout, "isTTY", terminal ?? { value: undefined });
});

test("the last picture is left standing once, also when it is ended again after other words", () => {
  Object.defineProperty(process.stdout, "isTTY", { value: true, configurable: true });
  let written = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
  const live = new Live(() => "3 online");
  live.end();
  live.end();
  expect(written.split("3 online")).toHaveLength(2);
});
