/** Erlang nodes that form a network. */

/** The place of an Erlang node in its network. */
export interface Seat {
  /** On loopback; its own, because the port is the same for all. */
  readonly address: string;
  /** Where nodes expect each other. So they need no port mapper. */
  readonly port: number;
  /** What nodes prove to each other that they know. */
  readonly cookie: string;
}

/** What tells Erlang that it is a node of a network. */
export function distribution(seat: Seat): string[] {
  const { address, port, cookie } = seat;
  const interface_ = `{${address.replaceAll(".", ",")}}`;
  return [
    ...["-name", nodeName(seat), "-setcookie", cookie],
    ...["-start_epmd", "false", "-erl_epmd_port", `${port}`],
    ...["-kernel", "inet_dist_use_interface", interface_],
  ];
}

/** How the others call it. */
export function nodeName({ address }: Seat): string {
  return `ejabberd@${address}`;
}
