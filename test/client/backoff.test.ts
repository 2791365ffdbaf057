import { describe, expect, test } from "@jest/globals";
import { Backoff } from "../../firmware/client/backoff.js";

const OPTIONS = { start: 5_000, base: 1_000, limit: 10_000, later: 600_000 };

const windows = (random: number, count: number): number[] => {
  const backoff = new Backoff(OPTIONS, () => random);
  return Array.from({ length: count }, () => backoff.next("now"));
};

describe("pitfall 59: RFC 6120 3.3, truncated binary exponential backoff with jitter", () => {
  test("the window doubles up to its limit", () => {
    expect(windows(0.5, 6)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  test("all of the window is used, and whole milliseconds", () => {
    expect(windows(0, 3)).toEqual([0, 0, 0]);
    expect(windows(0.99999, 3)).toEqual([999, 1_999, 3_999]);
  });

  test("the first connection too has a random delay", () => {
    expect(new Backoff(OPTIONS, () => 0).first()).toBe(0);
    expect(new Backoff(OPTIONS, () => 0.99999).first()).toBe(4_999);
  });

  test("a reset brings the first window back", () => {
    const backoff = new Backoff(OPTIONS, () => 0.5);
    for (let i = 0; i < 5; i++) backoff.next("now");
    backoff.reset();
    expect(backoff.next("now")).toBe(500);
  });

  test("where haste does harm it is half of a long time, at least", () => {
    expect(new Backoff(OPTIONS, () => 0).next("later")).toBe(300_000);
    expect(new Backoff(OPTIONS, () => 0.99999).next("later")).toBe(599_997);
  });

  test("a long wait does not widen the window", () => {
    const backoff = new Backoff(OPTIONS, () => 0.5);
    backoff.next("later");
    expect(backoff.next("now")).toBe(500);
  });
});
