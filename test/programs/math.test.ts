import { describe, expect, test } from "@jest/globals";
import { cosine, exponential, sine } from "../../firmware/programs/math.js";
import { seeded } from "../support/random.js";

describe("against the engine's own, which is right to the last bit or the one before", () => {
  const { seed, next } = seeded();

  test(`sine and cosine within 2^-52 up to 2^20 (seed ${seed})`, () => {
    for (let power = -30; power <= 20; power++)
      for (let i = 0; i < 200; i++) {
        const angle = (2 * next() - 1) * 2 ** power;
        expect(Math.abs(sine(angle) - Math.sin(angle))).toBeLessThanOrEqual(2 ** -52);
        expect(Math.abs(cosine(angle) - Math.cos(angle))).toBeLessThanOrEqual(2 ** -52);
      }
  });

  test(`e to the power of x within 2^-51 of itself (seed ${seed})`, () => {
    for (let i = 0; i < 5_000; i++) {
      const x = (2 * next() - 1) * 700;
      const right = Math.exp(x);
      expect(Math.abs(exponential(x) - right)).toBeLessThanOrEqual(right * 2 ** -51);
    }
  });
});

test.each([
  ["sine of 0", sine(0), 0],
  ["sine of a right angle", sine(Math.PI / 2), 1],
  ["cosine of 0", cosine(0), 1],
  ["cosine of half a turn", cosine(Math.PI), -1],
  ["e to the power of 0", exponential(0), 1],
  ["e to the power of little enough", exponential(-1000), 0],
  ["e to the power of too much", exponential(1000), Infinity],
])("%s", (_, value, expected) => {
  expect(value).toBe(expected);
});
