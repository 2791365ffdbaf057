import type { Bytes } from "../../firmware/io.js";

/**
 * A copy of `data`, for what happens to it after the caller has its buffer back.
 * @throws TypeError for anything but a `Uint8Array` or an `ArrayBuffer`
 */
export function copyOf(data: Bytes): Uint8Array<ArrayBuffer> {
  if (data instanceof ArrayBuffer) {
    return new Uint8Array(data.slice(0));
  }
  if (data instanceof Uint8Array) {
    return new Uint8Array(data);
  }
  throw new TypeError("data must be a Uint8Array or an ArrayBuffer");
}
