import { LIMITS, type Limits } from "../../firmware/xmpp/xml/limits.js";

/**
 * What those take who read whole nodes. Prosody 0.12 sends the ids of all items on a node in one stanza, and
 * a few items that each fill one come together.
 */
export const READER_LIMITS: Limits = { ...LIMITS, stanzaBytes: 8 << 20 };
