/** An XML element with its namespace resolved: the form in which stanzas are built and read. */

/** Attributes as an object: `{ type: "get", to: undefined }`. Undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** What an element may hold: elements and runs of text. */
export type Node = Element | string;

export class Element {
  readonly name: string;
  #namespace: string | undefined;
  /**
   * Names and values in turn. A list and not an object: it costs less memory on a microcontroller, and a
   * peer that invents attribute names can neither reach a prototype nor fill the engine's table of keys.
   */
  readonly #attributes: readonly string[];
  readonly children: readonly Node[];

  /**
   * @param namespace the element's namespace; `undefined` means that of the parent it is put into
   * @param attributes names and values in turn. Names in the XML namespace are written `xml:lang`, those
   *   in another namespace `{namespace}name`.
   */
  constructor(
    name: string,
    namespace: string | undefined,
    attributes: readonly string[],
    children: readonly Node[],
  ) {
    this.name = name;
    this.#namespace = namespace;
    this.#attributes = attributes;
    this.children = children;
    if (namespace !== undefined) this.#bequeath(namespace);
  }

  /** The namespace; empty for none, and for an element built without one that has no parent yet. */
  get namespace(): string {
    return this.#namespace ?? "";
  }

  /** Names and values in turn. */
  get attributes(): readonly string[] {
    return this.#attributes;
  }

  #bequeath(namespace: string): void {
    this.children.forEach((child) => {
      if (typeof child === "string" || child.#namespace !== undefined) return;
      child.#namespace = namespace;
      child.#bequeath(namespace);
    });
  }

  /** Whether this is the element `name` of `namespace`. */
  is(name: string, namespace: string): boolean {
    return this.name === name && this.namespace === namespace;
  }

  /** The value of an attribute without a namespace, or of `xml:lang`. */
  attr(name: string): string | undefined {
    const list = this.#attributes;
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
    return undefined;
  }

  /** The child elements, without the text between them. */
  elements(): Element[] {
    return this.children.filter((child): child is Element => typeof child !== "string");
  }

  /** The first child element of that name, in this element's own namespace unless another is given. */
  child(name: string, namespace: string = this.namespace): Element | undefined {
    return this.children.find(
      (child): child is Element => typeof child !== "string" && child.is(name, namespace),
    );
  }

  /** All child elements of that name, in this element's own namespace unless another is given. */
  childrenNamed(name: string, namespace: string = this.namespace): Element[] {
    return this.elements().filter((child) => child.is(name, namespace));
  }

  /** The text directly inside this element. */
  text(): string {
    return this.children.filter((child) => typeof child === "string").join("");
  }

  /** The text of the child element of that name, or `undefined` when there is none. */
  childText(name: string, namespace: string = this.namespace): string | undefined {
    return this.child(name, namespace)?.text();
  }

  /** This element with other attributes set or, when their value is `undefined`, removed. */
  with(attributes: Attributes): Element {
    const list: string[] = [];
    for (let i = 0; i < this.#attributes.length; i += 2) {
      const name = this.#attributes[i] as string;
      if (!Object.hasOwn(attributes, name)) list.push(name, this.#attributes[i + 1] as string);
    }
    append(list, attributes);
    return new Element(this.name, this.#namespace, list, this.children);
  }
}

function append(list: string[], attributes: Attributes): void {
  Object.keys(attributes).forEach((name) => {
    const value = attributes[name];
    if (value !== undefined) list.push(name, value);
  });
}

/**
 * Builds an element: `xml("iq", { xmlns: NS_CLIENT, type: "get" }, xml("ping", { xmlns: NS_PING }))`.
 * Without `xmlns` it takes the namespace of the element it is put into. Undefined attributes and children
 * are left out.
 */
export function xml(
  name: string,
  attributes: Attributes = {},
  ...children: readonly (Node | undefined)[]
): Element {
  const { xmlns, ...rest } = attributes;
  const list: string[] = [];
  append(list, rest);
  return new Element(
    name,
    xmlns,
    list,
    children.filter((child) => child !== undefined),
  );
}
