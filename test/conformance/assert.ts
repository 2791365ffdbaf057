/** The few assertions that the conformance tests need, for engines without a test framework. */

export function equal(actual: unknown, expected: unknown, what = "value"): void {
  if (!Object.is(actual, expected)) {
    throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
  }
}

export function isTrue(condition: boolean, what: string): void {
  if (!condition) {
    throw new Error(`expected that ${what}`);
  }
}

export function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  equal(actual.length, expected.length, "number of bytes");
  for (let at = 0; at < expected.length; at++) {
    if (actual[at] !== expected[at]) {
      equal(actual[at], expected[at], `byte ${at}`);
    }
  }
}

/** Checks that `action` throws an error of this class, whose message has `text` in it. */
export function throws(action: () => unknown, type: ErrorConstructor, text = ""): void {
  try {
    action();
  } catch (error) {
    isTrue(error instanceof type, `a ${type.name} is thrown, not ${String(error)}`);
    isTrue((error as Error).message.includes(text), `the message has "${text}": ${String(error)}`);
    return;
  }
  throw new Error(`expected a ${type.name}`);
}

export async function rejects(promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => "fulfilled",
    () => "rejected",
  );
  equal(outcome, "rejected", "promise");
}
