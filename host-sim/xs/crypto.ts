import { createCrypto } from "../../firmware/tls/crypto.js";
import { native } from "./native.js";
import { timer } from "./timer.js";

/** The cryptographic primitives, over mbedTLS. */
export const crypto = createCrypto(native, timer, (count) => new Uint8Array(native.random(count)));
