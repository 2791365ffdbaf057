/** Comes to a bad end, of the kind that its argument names. */

import { native } from "../../../host-sim/xs/native.js";
import { CONSTANT_BYTES } from "./flash.js";

const ENDS: Record<string, () => unknown> = {
  slots: () => {
    let list: object | undefined;
    for (;;) list = { list };
  },
  chunks: () => {
    let text = "text";
    for (;;) text += text;
  },
  stack: function deeper(): unknown {
    return [deeper()];
  },
  exception: () => {
    throw new TypeError("nobody expects it");
  },
  exceptionLater: () => native.setTimer(() => ENDS.exception?.(), 1),
  rejection: () => Promise.reject(new RangeError("nobody waits for it")),
  flash: () => {
    CONSTANT_BYTES[0] = 1;
  },
  random: () => {
    const [a, b] = [native.random(1000), native.random(1000)].map((it) => new Uint8Array(it));
    if (String(a) === String(b)) throw new Error("twice the same");
  },
};

const [name = ""] = native.arguments();
ENDS[name]?.();
