import type { KeyValueStorage } from "../../firmware/io.js";
import { equal, isTrue, sameBytes, throws } from "./assert.js";
import type { Test } from "./host.js";
import { bytes } from "./pattern.js";

/**
 * What `io.ts` promises of key-value storage.
 * @param restart gives the storage of the same device, as it is after a restart
 */
export function storageConformance(restart: () => KeyValueStorage, test: Test): void {
  const open = (path: string) => restart().open({ path });
  const sameValue = (actual: ArrayBuffer | undefined, expected: Uint8Array) => {
    isTrue(actual !== undefined, "there is a value");
    sameBytes(new Uint8Array(actual as ArrayBuffer), expected);
  };

  test("a store is empty at first", async () => {
    const store = open("empty");
    equal([...store].length, 0);
    equal(store.read("key"), undefined);
    store.delete("key");
    store.close();
  });

  test("what is written is there at once, and after a restart", async () => {
    const store = open("written");
    store.write("one", bytes(10));
    store.write("two", bytes(20).buffer);
    store.write("three", new Uint8Array(0));
    store.write("one", bytes(30));
    sameValue(store.read("one"), bytes(30));
    for (const after of [store, open("written")]) {
      equal([...after].sort().join(), "one,three,two");
      sameValue(after.read("one"), bytes(30));
      sameValue(after.read("two"), bytes(20));
      sameValue(after.read("three"), bytes(0));
    }
  });

  test("what is deleted is gone at once, and after a restart", async () => {
    const store = open("deleted");
    store.write("one", bytes(10));
    store.write("two", bytes(20));
    store.delete("one");
    store.delete("never there");
    for (const after of [store, open("deleted")]) {
      equal([...after].join(), "two");
      equal(after.read("one"), undefined);
    }
  });

  test("stores do not know of each other", async () => {
    open("first").write("key", bytes(1));
    equal(open("second").read("key"), undefined);
  });

  test("a store that is opened twice is the same", async () => {
    const storage = restart();
    const [one, other] = [storage.open({ path: "twice" }), storage.open({ path: "twice" })];
    one.write("key", bytes(5));
    one.close();
    sameValue(other.read("key"), bytes(5));
  });

  test("what is stored is a copy", async () => {
    const store = open("copies");
    const value = bytes(5);
    store.write("key", value);
    value.fill(0);
    new Uint8Array(store.read("key") as ArrayBuffer).fill(0);
    sameValue(store.read("key"), bytes(5));
  });

  test("a store can be changed while it is iterated over", async () => {
    const store = open("iterated");
    for (const key of ["a", "b", "c"]) {
      store.write(key, bytes(1));
    }
    for (const key of store) {
      store.delete(key);
    }
    equal([...store].length, 0);
  });

  test("keys of 1 to 15 bytes and values of up to 4,000 can be stored", async () => {
    const store = open("bounds");
    for (const key of ["k", "fifteen bytes !", "__proto__", "1"]) {
      store.write(key, bytes(4000));
      sameValue(open("bounds").read(key), bytes(4000));
    }
  });

  test("larger ones are refused, and change nothing", async () => {
    const store = open("refused");
    for (const key of ["", "sixteen bytes !!", "é", "new\nline"]) {
      throws(() => store.write(key, bytes(1)), RangeError);
    }
    throws(() => store.write("key", bytes(4001)), RangeError);
    equal([...store].length, 0);
    equal([...open("refused")].length, 0);
  });

  test("after close only close can be called", async () => {
    const store = open("closed");
    store.close();
    store.close();
    throws(() => store.read("key"), Error);
    throws(() => store.write("key", bytes(1)), Error);
    throws(() => store.delete("key"), Error);
    throws(() => [...store], Error);
  });
}
