import { describe, expect, test } from "@jest/globals";
import { World } from "../support/world.js";

describe("smoke", () => {
  test("online", () => {
    const world = new World();
    world.clock.advance(1000);
    console.log(world.log, world.server.last?.peer.take(), world.server.last.summary, world.network.violations, world.errors);
    world.client.close();
    world.clock.advance(1000);
    console.log(world.log, world.held, world.network.violations, world.errors);
    expect(1).toBe(1);
  });
});
