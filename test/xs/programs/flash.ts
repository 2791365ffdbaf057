/** A module that is not the main one stands in flash. */

export const CONSTANT_BYTES = new Uint8Array(4);
