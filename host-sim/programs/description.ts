/** What a program from a file says of itself, which may be anything. */

import { Ajv } from "ajv";
import { Description } from "../../firmware/programs/description.js";
import { isUnit } from "../../firmware/telemetry/units.js";
import { ConfigError } from "../../firmware/xmpp/errors.js";

const NAME = "^[A-Za-z0-9][A-Za-z0-9-]{0,39}$";

const quantity = {
  type: "object",
  required: ["name", "unit", "isAlarm"],
  properties: {
    name: { type: "string", pattern: NAME },
    unit: { type: "string" },
    isAlarm: { type: "boolean" },
  },
} as const;

const number = { type: "number" } as const;

const check = new Ajv().compile<Description>({
  type: "object",
  required: ["name", "version", "rate", "window", "inputs", "outputs", "parameters"],
  properties: {
    name: { type: "string", pattern: NAME },
    version: { type: "string", pattern: "^[0-9]{1,6}(\\.[0-9]{1,6}){0,2}$" },
    rate: { type: "number", exclusiveMinimum: 0, maximum: 1e6 },
    window: { type: "integer", minimum: 1, maximum: 4096 },
    inputs: { type: "array", minItems: 1, maxItems: 16, items: quantity },
    outputs: { type: "array", minItems: 1, maxItems: 64, items: quantity },
    parameters: {
      type: "array",
      maxItems: 64,
      items: {
        type: "object",
        required: ["name", "least", "most", "usual"],
        properties: {
          name: { type: "string", pattern: NAME },
          least: number,
          most: number,
          usual: number,
        },
      },
    },
  },
});

/**
 * @param text the JSON that a program gave
 * @param file where it comes from, for errors
 * @throws ConfigError `program` for a description that cannot be used
 */
export function readDescription(text: string, file: string): Description {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new ConfigError("program", `${file} describes itself in what is not JSON`);
  }
  if (!check(found)) {
    const [{ instancePath, message } = { instancePath: "", message: "is wrong" }] =
      check.errors ?? [];
    const place = instancePath === "" ? "" : `, ${instancePath.slice(1).replaceAll("/", " ")}`;
    throw new ConfigError(
      "program",
      `${file} does not describe itself well: its description${place} ${message}`,
    );
  }
  checkDescription(found, file);
  return Object.assign(new Description(), found);
}

/** What a schema cannot say, and holds for the programs in the box as well. @throws ConfigError `program` */
export function checkDescription(description: Description, file: string): void {
  for (const { name, unit } of [...description.inputs, ...description.outputs])
    if (unit !== "" && !isUnit(unit))
      throw new ConfigError("program", `${file}: ${name} is in ${unit}, which SenML does not know`);
  for (const { name, least, most, usual } of description.parameters)
    if (!(least <= usual && usual <= most))
      throw new ConfigError("program", `${file}: ${name} is usually ${usual}, beyond its range`);
}
