/** Shows what goes over a stream, without its secrets. */

import { NS_CLIENT, NS_SASL } from "../../firmware/xmpp/namespaces.js";
import { Element } from "../../firmware/xmpp/xml/element.js";
import { write } from "../../firmware/xmpp/xml/writer.js";
import { printable } from "./report.js";

/** An element as text. What SASL says is left out: PLAIN is the password, and SCRAM can be guessed at. */
export function redact(element: Element): string {
  if (element.namespace !== NS_SASL || element.text() === "") return write(element, NS_CLIENT);
  const attributes = element.attributes;
  return write(new Element(element.name, NS_SASL, attributes, ["(not shown)"]), NS_CLIENT);
}

/** Prints each element on a line of its own: `>` for what goes out, `<` for what comes in. */
export function tracer(
  output: NodeJS.WritableStream,
): (direction: "in" | "out", element: Element) => void {
  return (direction, element) =>
    output.write(`${direction === "out" ? ">" : "<"} ${printable(redact(element))}\n`);
}
