/** Reads a fleet file: YAML, checked by its schema first, and then for what a schema cannot say. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ErrorObject } from "ajv";
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "../../firmware/xmpp/errors.js";
import type { GeneratorSpec } from "./generators.js";

/** A fleet file as it is written; see `fleet.schema.json`. */
export interface FleetFile {
  readonly name?: string;
  readonly seed?: number;
  readonly server?:
    | "embedded"
    | {
        readonly uri?: string;
        readonly ca?: string;
        readonly mechanism?: "SCRAM-SHA-256" | "SCRAM-SHA-1" | "PLAIN";
        readonly restart?: string;
      };
  readonly accounts?: {
    readonly jid?: string;
    readonly password?: string;
    readonly list?: readonly LoginSpec[];
    readonly create?: "in-band" | "prosody" | "ejabberd";
    readonly config?: string;
  };
  readonly nodes?: {
    readonly name?: string;
    readonly service?: string;
    readonly owner?: LoginSpec;
    readonly collector?: LoginSpec;
    readonly items?: number;
  };
  readonly start?: { readonly rate?: number; readonly number?: number };
  readonly duration?: string;
  readonly devices: readonly DeviceSpec[];
  readonly scenario?: readonly StepSpec[];
}

export interface LoginSpec {
  readonly jid: string;
  readonly password?: string;
}

type QoS = "at-most-once" | "at-least-once" | "effectively-once";

export interface DeviceSpec {
  readonly type: string;
  readonly count?: number;
  readonly interval?: string;
  readonly jitter?: string;
  readonly qos?: QoS;
  readonly sensor?: "room";
  readonly channels?: readonly ChannelSpec[];
  readonly program?:
    | string
    | {
        readonly file: string;
        readonly config?: Readonly<Record<string, number>>;
        readonly inputs?: Readonly<Record<string, GeneratorSpec>>;
      };
  readonly batch?: { readonly time?: string; readonly readings?: number; readonly bytes?: number };
  readonly outbox?: {
    readonly capacity?: number;
    readonly segment?: number;
    readonly window?: string;
    readonly settle?: string;
    readonly "max-age"?: string;
    readonly policy?: "drop-oldest" | "drop-newest" | "thin";
  };
  readonly pace?: { readonly window?: number; readonly "catch-up"?: number };
}

export interface ChannelSpec {
  readonly name: string;
  readonly unit: string;
  readonly qos?: QoS;
  readonly alarm?: boolean;
  readonly decimals?: number;
  readonly value: GeneratorSpec;
}

interface TargetSpec {
  readonly share?: string;
  readonly type?: string;
}

/** One of these at a time. */
export interface StepSpec {
  readonly wait?: string;
  readonly expect?: {
    readonly online?: string;
    readonly published?: number;
    readonly pending?: number;
    readonly lost?: number;
    readonly resumed?: string;
    readonly "latency-p95"?: string;
    readonly within?: string;
  };
  readonly cut?: TargetSpec;
  readonly reboot?: TargetSpec;
  readonly revoke?: TargetSpec;
  readonly stall?: TargetSpec & { readonly for: string };
  readonly latency?: TargetSpec & { readonly delay: string; readonly for: string };
  readonly "power-loss"?: TargetSpec & { readonly off: string };
  readonly "skew-clock"?: TargetSpec & { readonly by: string };
  readonly "server-restart"?: { readonly down?: string };
}

/** A way to a field: `["devices", 0, "channels", 1, "unit"]`. */
export type Path = readonly (string | number)[];

/** A fleet file that its schema has nothing against, and where everything in it stands. */
export interface ReadFile {
  readonly file: FleetFile;
  /** The folder that the paths of files are relative to. */
  readonly folder: string;
  /** An error about a field, with the line it stands in. */
  problem(path: Path, text: string): ConfigError;
}

/** The schema, which others may use as well: beside this file, or beside what it was compiled from. */
const SCHEMA = ["./fleet.schema.json", "../../../host-sim/fleet/fleet.schema.json"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path)) as string;

/** Errors that are told at a time. */
const MOST_ERRORS = 10;

/**
 * @param text the YAML
 * @param path where it is from: for errors, and for the files that it names
 * @param environment what `${NAME}` in a text stands for; when absent, for nothing but itself
 * @throws ConfigError `fleet` for a file that cannot be used, with the lines and fields that are wrong
 */
export function parseFleetFile(
  text: string,
  path: string,
  environment?: Readonly<Record<string, string | undefined>>,
): ReadFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ConfigError("fleet", `${path}:${line}:${col}: this is not YAML: ${error.message}`);
  }
  const place = (field: Path): string => {
    const { line, col } = lines.linePos(offsetOf(document, field));
    return `${path}:${line}:${col}: ${describePath(field)}`;
  };
  const problem = (field: Path, what: string): ConfigError =>
    new ConfigError("fleet", `${place(field)} ${what}`);
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError("fleet", `${path}: ${(error as Error).message}`);
  }
  const file = environment === undefined ? content : substitute(content, [], environment, problem);
  const validate = new Ajv({ allErrors: true, verbose: true, strict: false }).compile<FleetFile>(
    JSON.parse(readFileSync(SCHEMA, "utf8")),
  );
  if (!validate(file)) {
    const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== "if");
    const said = errors.map((error) => {
      const [field, what] = explain(error);
      return `${place(field)} ${what}`;
    });
    const all = [...new Set(said)];
    const more = all.length > MOST_ERRORS ? [`and ${all.length - MOST_ERRORS} more`] : [];
    throw new ConfigError("fleet", [...all.slice(0, MOST_ERRORS), ...more].join("\n"));
  }
  return { file, folder: dirname(resolve(path)), problem };
}

/** Puts variables of the environment in the places of `${NAME}`, for passwords above all. */
function substitute(
  value: unknown,
  path: Path,
  environment: Readonly<Record<string, string | undefined>>,
  problem: ReadFile["problem"],
): unknown {
  if (typeof value === "string")
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
      const found = environment[name];
      if (found === undefined || found === "")
        throw problem(path, `names the variable ${name}, which is not set: export ${name}=…`);
      return found;
    });
  if (Array.isArray(value))
    return value.map((each, i) => substitute(each, [...path, i], environment, problem));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        substitute(each, [...path, key], environment, problem),
      ]),
    );
  return value;
}

/** Where a field stands, or what it should be in. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    // The key says better than the value which field it is.
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && String(item.key) === key)
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** `devices[0].channels[1].unit`. */
function describePath(path: Path): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return text === "" ? "the file" : text.replace(/^\./, "");
}

/** What is wrong with which field, and what to do. */
function explain(error: ErrorObject): [field: Path, what: string] {
  const { keyword, params, instancePath, parentSchema, data } = error;
  const path = instancePath
    .split("/")
    .slice(1)
    .map((part) =>
      /^[0-9]+$/.test(part) ? Number(part) : part.replaceAll("~1", "/").replaceAll("~0", "~"),
    );
  const fields = Object.keys((parentSchema?.properties ?? {}) as object);
  const wanted = parentSchema?.description as string | undefined;
  switch (keyword) {
    case "required":
      return [path, `lacks ${params.missingProperty}: add \`${params.missingProperty}: …\``];
    case "additionalProperties": {
      const name = String(params.additionalProperty);
      return [[...path, name], `is no field that there is here: take one of ${fields.join(", ")}`];
    }
    case "minProperties":
      return [path, `is empty: give it one of ${fields.join(", ")}`];
    case "maxProperties":
      return [path, "says several things: make each an entry of its own, with `- ` before it"];
    case "type":
      return [
        path,
        `is ${describeValue(data)}, and should be ${wanted ?? describeType(params.type)}`,
      ];
    default:
      return [path, `is ${describeValue(data)}, and should be ${wanted ?? error.message}`];
  }
}

function describeType(type: unknown): string {
  return type === "object" ? "a list of `name: value`" : `a ${type}`;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "a map" : JSON.stringify(value).slice(0, 60);
}
