/** What a subscriber of telemetry receives. The same bytes on every run. */

import { createHash } from "node:crypto";

const SERVICE = "pubsub.example.org";
const ACCOUNT = "collector@example.org";

const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " +
  "xmlns:stream='http://etherx.jabber.org/streams' xml:lang='en' from='example.org' " +
  `to='${ACCOUNT}' id='c4a5f1e2-7f2b-4a5c-9d83-2f1c0e6b7a94' version='1.0'>`;

const END = "</stream:stream>";

const KINDS = [notify, notify, result, notify, acknowledge, notify, notify, chat, notify, result];

/**
 * A stream of at least `size` bytes, in the pieces that TCP over Ethernet delivers. Of ten stanzas six are
 * notifications, with one to eight readings each.
 */
export function stream(size, pieceBytes = 1448) {
  let text = HEADER;
  for (let serial = 0; text.length < size; serial++) text += KINDS[serial % KINDS.length](serial);
  const bytes = new TextEncoder().encode(text + END);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    pieces.push(bytes.slice(at, at + pieceBytes));
  return pieces;
}

/** A notification of XEP-0060 with a SenML pack (RFC 8428). */
function notify(serial) {
  const device = `pipit-${hex("device", serial % 50, 4)}`;
  const base = `urn:dev:mac:${hex("mac", serial % 50, 16)}:`;
  let records = `<senml bn="${base}" bt="${1_767_225_600 + serial}" n="temperature" u="Cel" v="${wave(serial)}"/>`;
  for (let i = serial % 8; i > 0; i--)
    records += `<senml n="humidity" u="%RH" v="${wave(serial + i)}" t="${i * 10}"/>`;
  return (
    `<message from="${SERVICE}" to="${ACCOUNT}/dashboard" type="headline" id="${hex("id", serial, 12)}">` +
    `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="telemetry/${device}">` +
    `<item id="${hex("item", serial, 16)}" publisher="${device}@example.org">` +
    `<sensml xmlns="urn:ietf:params:xml:ns:senml">${records}</sensml>` +
    "</item></items></event></message>"
  );
}

/** The answer to a publication. */
function result(serial) {
  return (
    `<iq type="result" id="${hex("id", serial, 8)}" from="${SERVICE}" to="${ACCOUNT}/dashboard">` +
    `<pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="telemetry/commands">` +
    `<item id="${hex("item", serial, 16)}"/></publish></pubsub></iq>`
  );
}

/** A message with references and characters beyond ASCII. */
function chat(serial) {
  return (
    `<message from="juliet@example.org/balcony" to="${ACCOUNT}" type="chat" id="${hex("id", serial, 8)}" xml:lang="en">` +
    `<body>The sensor in the Kühlraum says ${wave(serial)} °C &amp; rising: is the alarm set to &lt; 30?\n` +
    "Please look at it before the shift ends, the fan may have stopped again.</body>" +
    `<active xmlns="http://jabber.org/protocol/chatstates"/></message>`
  );
}

/** Stream management (XEP-0198). */
function acknowledge(serial) {
  return `<a xmlns="urn:xmpp:sm:3" h="${serial}"/><r xmlns="urn:xmpp:sm:3"/>`;
}

/** Digits that look random and depend on nothing but the arguments. */
function hex(label, serial, length) {
  return createHash("sha256").update(`${label}${serial}`).digest("hex").slice(0, length);
}

function wave(serial) {
  return (20 + 10 * Math.sin(serial)).toFixed(3);
}
