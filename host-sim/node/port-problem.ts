import { ConfigError } from "../../firmware/xmpp/errors.js";

/** Why a port cannot be listened on. @param option of the command line, which chooses another */
export function portProblem(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  option: string,
): ConfigError {
  const place = `port ${port} on ${host}`;
  const other = `choose another with ${option}`;
  switch (error.code) {
    case "EADDRINUSE":
      return new ConfigError("port", `${place} is in use; ${other}`);
    case "EACCES":
      return new ConfigError("port", `${place} is not open to this user; ${other}`);
    default:
      return new ConfigError("port", `${place} cannot be had: ${error.message}`);
  }
}
