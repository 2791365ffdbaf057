/**
 * The units a reading may have: the symbols of the IANA registry "SenML Units", as RFC 8428 12.1 (first
 * part) and RFC 8798 2 (last line) registered them.
 *
 * RFC 8798's secondary units (`hPa`, `mV`, `ppm`) are left out on purpose. A pack of version 10, which is
 * what we send, may not carry them (RFC 8798 3, RFC 9100 4): a driver converts to the primary unit.
 */

/** One string between spaces, not a set: it stays in flash, and a look-up allocates next to nothing. */
const UNITS =
  " m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2" +
  " m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats" +
  " S/m B VA VAs var vars J/m kg/m3 deg ";

/** Whether `symbol` is a registered primary unit. Case counts: `Pa` is one, `PA` is none. */
export function isUnit(symbol: string): boolean {
  return !symbol.includes(" ") && UNITS.includes(` ${symbol} `);
}
