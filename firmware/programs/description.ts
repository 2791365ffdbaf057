/** What a sensor program says of itself: in the portable part of AssemblyScript, as the programs are. */

import type { f64, i32 } from "./types.js";

/** A quantity that goes in or comes out. */
export class Quantity {
  readonly name: string;
  /** A symbol of the SenML registry; may be empty. */
  readonly unit: string;
  readonly isAlarm: boolean;

  constructor(name: string, unit: string, isAlarm: boolean) {
    this.name = name;
    this.unit = unit;
    this.isAlarm = isAlarm;
  }
}

/** A number that can be set when the program is put to use. */
export class Parameter {
  readonly name: string;
  readonly least: f64;
  readonly most: f64;
  readonly usual: f64;

  constructor(name: string, least: f64, most: f64, usual: f64) {
    this.name = name;
    this.least = least;
    this.most = most;
    this.usual = usual;
  }
}

export class Description {
  name: string = "";
  version: string = "";
  /** Samples a second, of each input. */
  rate: f64 = 1;
  /** Samples of each input that the program is given at a time. */
  window: i32 = 1;
  readonly inputs: Quantity[] = [] as Quantity[];
  readonly outputs: Quantity[] = [] as Quantity[];
  readonly parameters: Parameter[] = [] as Parameter[];

  /** @param name as in a file name: letters, digits and `-` */
  program(name: string, version: string): void {
    this.name = name;
    this.version = version;
  }

  /**
   * @param rate samples a second
   * @param window how many of them make a window, 1 to 4096
   */
  sampled(rate: f64, window: i32): void {
    this.rate = rate;
    this.window = window;
  }

  input(name: string, unit: string): void {
    this.inputs.push(new Quantity(name, unit, false));
  }

  /** Records say which output they are of by its place among these, and the alarms. */
  output(name: string, unit: string): void {
    this.outputs.push(new Quantity(name, unit, false));
  }

  /** An output that is true (1) or false (0), and goes ahead of all others. */
  alarm(name: string): void {
    this.outputs.push(new Quantity(name, "", true));
  }

  /** The program finds its value at the same place in the configuration. */
  parameter(name: string, least: f64, most: f64, usual: f64): void {
    this.parameters.push(new Parameter(name, least, most, usual));
  }
}
