import { bindTLS, type TLSPlatform } from "../../firmware/tls/tls-socket.js";
import { native } from "./native.js";
import { timer } from "./timer.js";

/** What TLS is made of on this host, but for what a program may add. */
export const tlsPlatform: TLSPlatform = { native, timer };

/** TLS over mbedTLS. Every connection is a full handshake. */
export const TLSSocket = bindTLS(tlsPlatform);
