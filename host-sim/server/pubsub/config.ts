/** The configuration of nodes (XEP-0060 8.2), and the forms it comes in (XEP-0004). */

import { StanzaError } from "../../../firmware/xmpp/errors.js";
import { NS_DATA, parseForm } from "../../../firmware/xmpp/extensions/data-forms.js";
import { type Element, xml } from "../../../firmware/xmpp/xml/element.js";
import { pubsubError } from "./errors.js";

/** By the names of the form's fields, without their `pubsub#`. */
export interface NodeConfig {
  /** For people. */
  readonly title: string;
  /** Who may subscribe and retrieve items: everybody, or the owner alone. */
  readonly access_model: "open" | "whitelist";
  /** Who may publish: everybody, or the owner alone. */
  readonly publish_model: "open" | "publishers";
  readonly persist_items: boolean;
  /** How many items are kept, the newest ones. From 1 to {@link MAX_ITEMS}. */
  readonly max_items: number;
  readonly deliver_payloads: boolean;
  /** Whether new subscribers get the newest item. */
  readonly send_last_published_item: "never" | "on_sub";
  /** Whether subscribers hear of items that are removed, to make room for others too. */
  readonly notify_retract: boolean;
}

type Field = keyof NodeConfig;

/** What `max` stands for in `max_items`. */
export const MAX_ITEMS = 10_000;

export const DEFAULT_CONFIG: NodeConfig = Object.freeze({
  title: "",
  access_model: "open",
  publish_model: "publishers",
  persist_items: true,
  max_items: 100,
  deliver_payloads: true,
  send_last_published_item: "never",
  notify_retract: false,
});

const NODE_CONFIG = "http://jabber.org/protocol/pubsub#node_config";
const PUBLISH_OPTIONS = "http://jabber.org/protocol/pubsub#publish-options";

const PREFIX = "pubsub#";

/** How each field is read, and its type in a form. Values that cannot be read are `undefined`. */
const FIELDS: {
  readonly [F in Field]: { type: string; read: (text: string) => NodeConfig[F] | undefined };
} = {
  title: { type: "text-single", read: (text) => text },
  access_model: oneOf("open", "whitelist"),
  publish_model: oneOf("open", "publishers"),
  persist_items: { type: "boolean", read: readBoolean },
  max_items: { type: "text-single", read: readCount },
  deliver_payloads: { type: "boolean", read: readBoolean },
  send_last_published_item: oneOf("never", "on_sub"),
  notify_retract: { type: "boolean", read: readBoolean },
};

function oneOf<V extends string>(
  ...values: V[]
): { type: string; read(text: string): V | undefined } {
  return { type: "list-single", read: (text) => values.find((value) => value === text) };
}

export function readBoolean(text: string): boolean | undefined {
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : undefined;
}

function readCount(text: string): number | undefined {
  if (text === "max") return MAX_ITEMS;
  const count = /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : Number.NaN;
  return count <= MAX_ITEMS ? count : undefined;
}

/**
 * A configuration after the form in `parent`, if there is one, has been filled in and submitted. Fields
 * that it leaves out stay as they were (XEP-0004 3.4).
 * @throws StanzaError `not-acceptable` for a field or a value that cannot be had here
 */
export function configure(config: NodeConfig, parent: Element): NodeConfig {
  const submitted = readSubmission(parent, NODE_CONFIG);
  const changed: Record<string, unknown> = { ...config };
  for (const [field, text] of submitted) {
    const value = isField(field) ? FIELDS[field].read(text) : undefined;
    if (value !== undefined) changed[field] = value;
    else if (field === "access_model") throw pubsubError("unsupported-access-model", text);
    else throw new StanzaError("not-acceptable", "modify", `${PREFIX}${field} cannot be "${text}"`);
  }
  return changed as unknown as NodeConfig;
}

/**
 * Checks the preconditions of a publish request (XEP-0060 7.1.5).
 * @throws StanzaError `conflict` with `precondition-not-met`
 */
export function checkPreconditions(config: NodeConfig, parent: Element): void {
  for (const [field, text] of readSubmission(parent, PUBLISH_OPTIONS)) {
    const isMet = isField(field) && FIELDS[field].read(text) === config[field];
    if (!isMet) throw pubsubError("precondition-not-met", `${PREFIX}${field} is not "${text}"`);
  }
}

/** The form in which a configuration is shown to the owner. */
export function configForm(config: NodeConfig): Element {
  const fields = Object.entries(FIELDS).map(([field, { type }]) =>
    xml("field", { var: PREFIX + field, type }, xml("value", {}, String(config[field as Field]))),
  );
  const formType = xml(
    "field",
    { var: "FORM_TYPE", type: "hidden" },
    xml("value", {}, NODE_CONFIG),
  );
  return xml("x", { xmlns: NS_DATA, type: "form" }, formType, ...fields);
}

function isField(name: string): name is Field {
  return Object.hasOwn(FIELDS, name);
}

/** Whether the form in `parent` says that everything is to stay as it is (8.2.4). */
function isCancelled(parent: Element): boolean {
  return parent.child("x", NS_DATA)?.attr("type") === "cancel";
}

/** The names and values of the fields of a submitted form, without the prefix. */
function readSubmission(parent: Element, formType: string): [string, string][] {
  const form = isCancelled(parent) ? undefined : parseForm(parent);
  if (form === undefined) return [];
  if (form.get("FORM_TYPE")?.[0] !== formType)
    throw new StanzaError("bad-request", "modify", `the form is not a ${formType}`);
  const fields: [string, string][] = [];
  for (const [name, values] of form)
    if (name !== "FORM_TYPE") fields.push([name.replace(PREFIX, ""), values[0] ?? ""]);
  return fields;
}
