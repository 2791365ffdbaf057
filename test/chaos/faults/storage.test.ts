import { describe, expect, test } from "@jest/globals";
import { Dice } from "../../../host-sim/chaos/dice.js";
import { type Cut, FaultyStorage } from "../../../host-sim/chaos/faults/storage.js";
import { MemoryStorage } from "../../../host-sim/node/memory-storage.js";

const OLD = Uint8Array.of(1, 1, 1, 1);
const NEW = Uint8Array.of(2, 2, 2, 2);

function made(seed = 1) {
  const memory = new MemoryStorage();
  const storage = new FaultyStorage(memory, new Dice(seed));
  const store = storage.open({ path: "store" });
  store.write("key", OLD);
  const content = (): number[] => [
    ...new Uint8Array(memory.open({ path: "store" }).read("key") ?? new ArrayBuffer(0)),
  ];
  return { storage, store, content };
}

describe("storage that fails", () => {
  test.each<[Cut, readonly number[]]>([
    ["before", [1, 1, 1, 1]],
    ["after", [2, 2, 2, 2]],
  ])("a power cut %s a write leaves what there is then", (cut, expected) => {
    const { storage, store, content } = made();
    let isTold = false;
    storage.onPowerCut = () => {
      isTold = true;
    };
    storage.cutAfter(0, cut);
    expect(() => store.write("key", NEW)).toThrow("there is no power");
    expect(isTold).toBe(true);
    expect([storage.written, storage.isTorn]).toEqual([1, true]);
    expect(content()).toEqual(expected);
  });

  test("a torn write leaves anything", () => {
    const left = new Set<string>();
    for (let seed = 1; seed <= 50; seed++) {
      const { storage, store, content } = made(seed);
      storage.cutAfter(0, "torn");
      expect(() => store.write("key", NEW)).toThrow();
      left.add(content().join(" "));
    }
    expect(left).toContain("2 2 2 2");
    expect([...left].some((bytes) => bytes.length < 7)).toBe(true);
    expect(left.size).toBeGreaterThan(10);
  });

  test("power goes at the write that was named, and nothing works until it is back", () => {
    const { storage, store, content } = made();
    storage.cutAfter(2, "before");
    store.write("key", Uint8Array.of(3));
    store.delete("key");
    expect(() => store.write("key", NEW)).toThrow();
    expect(() => store.read("key")).toThrow("there is no power");
    expect(() => storage.open({ path: "store" })).toThrow("there is no power");
    storage.powerOn();
    expect(content()).toEqual([]);
    storage.open({ path: "store" }).write("key", NEW);
    expect(content()).toEqual([...NEW]);
  });

  test("writes fail, and power stays", () => {
    const { storage, store, content } = made();
    storage.fail(2);
    expect(() => store.write("key", NEW)).toThrow("no space left");
    expect(() => store.delete("key")).toThrow("no space left");
    expect([storage.written, storage.failed]).toEqual([1, 2]);
    store.write("key", NEW);
    expect([storage.written, storage.failed]).toEqual([2, 2]);
    expect(content()).toEqual([...NEW]);
  });

  test("it knows how much was in it at most, as NVS counts it", () => {
    const { storage, store } = made();
    store.write("more", new Uint8Array(33));
    store.delete("more");
    expect(storage.peak).toBe(64 + 32 + (64 + 64));
  });
});
