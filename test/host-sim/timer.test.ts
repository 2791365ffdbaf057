import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { timer } from "../../host-sim/node/timer.js";
import { timerConformance } from "../conformance/timer.js";

describe("timers on Node", () => {
  timerConformance(timer, test);

  afterEach(() => {
    jest.useRealTimers();
  });

  test("a delay of more than 24.8 days ends after 24.8 days, and not at once", () => {
    jest.useFakeTimers();
    const callback = jest.fn();
    timer.set(callback, 2 ** 40);
    jest.advanceTimersByTime(2 ** 31 - 2);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });
});
