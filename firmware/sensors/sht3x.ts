/** Sensirion SHT30, SHT31 and SHT35, through a driver of ECMA-419's shape (section 13). */

import type { Driver } from "./driver.js";
import type { Sample } from "./sensor.js";

/** The class of the SDK's driver: a quantity whose checksum was wrong is missing from its sample. */
export interface HumidityTemperatureConstructor {
  new (options: {
    sensor: object;
  }): {
    sample(): {
      readonly thermometer?: { readonly temperature?: number };
      readonly hygrometer?: { readonly humidity?: number };
    };
    close(): void;
  };
}

/**
 * @param io the class
 * @param sensor the I2C bus with its pins, as ECMA-419 names them: `{ io, data, clock }`
 */
export function sht3x(io: HumidityTemperatureConstructor, sensor: object): Driver {
  return {
    channels: [
      { name: "temperature", unit: "Cel" },
      { name: "humidity", unit: "%RH" },
    ],
    open: () => {
      const opened = new io({ sensor });
      return {
        sample() {
          const { thermometer, hygrometer } = opened.sample();
          return [checked(thermometer?.temperature), checked(hygrometer?.humidity)];
        },
        close: () => opened.close(),
      };
    },
  };
}

function checked(value: number | undefined): Sample {
  return value === undefined ? "checksum" : Math.round(value * 100) / 100;
}
