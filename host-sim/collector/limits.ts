import { LIMITS, type Limits } from "../../firmware/xmpp/xml/limits.js";

/**
 * What those take who read whole nodes. Prosody 0.12 sends the ids of all items on a node in one stanza, and
 * a few items that each fill one come together.
 */
export const READER_LIMITS: Limits = { ...LIMITS, stanzaBytes: 8 << 20 };

/** Characters in the names and units of readings that are stored: strangers make them up, and an index takes them. */
export const MAX_NAME_LENGTH = 500;
export const MAX_UNIT_LENGTH = 100;
