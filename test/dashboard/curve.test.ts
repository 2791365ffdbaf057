import { expect, test } from "@jest/globals";
import { type Curve, extend, MAX_POINTS } from "../../host-sim/dashboard/curve.js";

/** A curve of these times, each of which is its value, too; an hour of them is kept. */
function curveOf(...times: readonly number[]): Curve {
  const curve: Curve = { times: [], values: [] };
  for (const time of times) extend(curve, time, time, 0, 3_600);
  return curve;
}

test.each([
  ["in order", [100, 200, 300], [100, 200, 300]],
  ["late", [100, 300, 200], [100, 200, 300]],
  ["before all others", [200, 300, 100], [100, 200, 300]],
  ["twice", [100, 200, 200, 100], [100, 200]],
])("points that come %s stand in order, once", (_how, times, expected) => {
  expect(curveOf(...times)).toEqual({ times: expected, values: expected });
});

test("what is older than the range is dropped", () => {
  const curve = curveOf(100, 200, 300);
  extend(curve, 400, 400, 250, 3_600);
  expect(curve.times).toEqual([300, 400]);
});

test("points that cannot be told apart become one, and so the range is kept, however fast they come", () => {
  const curve: Curve = { times: [], values: [] };
  const range = 300;
  for (let i = 0; i <= 60_000; i++) extend(curve, i / 200, i, 0, range);
  expect(curve.times.length).toBeLessThanOrEqual(MAX_POINTS);
  expect(curve.times[0]).toBe(0);
  expect(curve.times.at(-1)).toBe(range);
  expect(curve.values.at(-1)).toBe(60_000);
});

test("points that come late without end are bounded", () => {
  const curve = curveOf(1e6);
  for (let i = 0; i < 3 * MAX_POINTS; i++) extend(curve, i, i, 0, 1e9);
  expect(curve.times.length).toBeLessThanOrEqual(MAX_POINTS);
});
