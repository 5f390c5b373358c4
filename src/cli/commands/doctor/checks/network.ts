// The checks below HTTP: name, connection, clock and TLS.
import { BlockList, isIPv4 } from "node:net";
import { type Endpoint, failureText, type HostAndPort, isAboutTime } from "../../../../node/https.ts";
import { shownProxy } from "../../../../node/proxy.ts";
import { blocked, broken, type CheckResult, durationText, ok, printable, skipped, warning } from "../check.ts";
import type { Handshake, Resolution } from "../observe.ts";

/** @param resolution null where --connect or a proxy replaces DNS */
export function checkDns(
  resolution: Resolution | null,
  { connect, proxy }: Pick<Endpoint, "connect" | "proxy">,
): CheckResult {
  if (proxy !== null) return skipped(`not asked: ${shownProxy(proxy)} does; kube-apiserver needs the same variables`);
  if (resolution === null) return skipped(`not asked: --connect goes to ${connect.host}:${connect.port}`);
  if (resolution.kind === "failed") {
    const hint =
      "deploy, which makes the record of a custom domain, and look at the zone's name servers and this machine's resolver";
    return broken(resolution.why, hint);
  }
  const { addresses } = resolution;
  const note = addresses.every(isCloudflareAddress)
    ? "Cloudflare's"
    : "not among the addresses that Cloudflare publishes";
  return ok(`${addresses.slice(0, 4).join(", ")}${addresses.length > 4 ? ", …" : ""} (${note})`);
}

export function checkConnection(handshake: Handshake, { host, port }: HostAndPort): CheckResult {
  if (handshake.kind === "no_connection") {
    return broken(`${host}:${port}: ${handshake.why}`, "look for a firewall or a proxy between here and Cloudflare");
  }
  return ok(`${host}:${port} in ${durationText(handshake.tcpMs)}`);
}

/** A few minutes make certificates seem too new or too old. */
export const maxClockErrorMs = 5 * 60 * 1000;
export const noticedClockErrorMs = 30 * 1000;

/**
 * @param clockErrorMs how much the server's clock is ahead of this machine's, or null where no answer states the time
 */
export function checkClock(clockErrorMs: number | null): CheckResult {
  if (clockErrorMs === null) return skipped("no answer states the time");
  const seconds = Math.round(Math.abs(clockErrorMs) / 1000);
  if (seconds * 1000 <= noticedClockErrorMs) return ok(`${seconds} s off the server's`);
  const seen = `this machine's clock is ${spanText(seconds)} ${clockErrorMs > 0 ? "behind" : "ahead of"} the server's`;
  const hint = "set it, and keep it by NTP";
  return Math.abs(clockErrorMs) > maxClockErrorMs ? broken(seen, hint) : warning(seen, hint);
}

export function checkTls(handshake: Handshake, clockErrorMs: number | null): CheckResult {
  if (handshake.kind === "no_connection") return blocked("connection");
  if (handshake.kind === "no_tls") {
    return broken(printable(handshake.why), "what listens there speaks no TLS, or something in between ends it");
  }
  const { protocol, distrust, serverCertificate, tlsMs } = handshake;
  if (distrust === null) {
    return ok(`${protocol}, by ${printable(serverCertificate.issuer)}, in ${durationText(tlsMs)}`);
  }
  const isClockWrong = checkClock(clockErrorMs).state === "broken";
  if (isAboutTime(distrust) && isClockWrong) return blocked("clock");
  const seen = `${failureText(distrust)}: ${printable(serverCertificate.names)}, by ${printable(serverCertificate.issuer)}`;
  return broken(seen, hintOf(distrust));
}

function hintOf(distrust: string): string {
  if (isAboutTime(distrust)) return "look at the zone's edge certificates: Cloudflare renews its own by itself";
  if (distrust === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return "the name leads to another server, or the custom domain has no certificate yet: that takes minutes after the first deployment";
  }
  return "something between here and Cloudflare ends TLS; if that is wanted, give its authority with --ca-file, and to kube-apiserver in the kubeconfig";
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  const hours = Math.round(seconds / 3600);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/**
 * The addresses that Cloudflare publishes for proxied hostnames (www.cloudflare.com/ips, unchanged for years).
 * Customers may bring addresses of their own, so another address proves nothing.
 */
const subnets = [
  "103.21.244.0/22",
  "103.22.200.0/22",
  "103.31.4.0/22",
  "104.16.0.0/13",
  "104.24.0.0/14",
  "108.162.192.0/18",
  "131.0.72.0/22",
  "141.101.64.0/18",
  "162.158.0.0/15",
  "172.64.0.0/13",
  "173.245.48.0/20",
  "188.114.96.0/20",
  "190.93.240.0/20",
  "197.234.240.0/22",
  "198.41.128.0/17",
  "2400:cb00::/32",
  "2405:8100::/32",
  "2405:b500::/32",
  "2606:4700::/32",
  "2803:f800::/32",
  "2a06:98c0::/29",
  "2c0f:f248::/32",
];

const published = new BlockList();
for (const subnet of subnets) {
  const [network = "", length] = subnet.split("/");
  published.addSubnet(network, Number(length), isIPv4(network) ? "ipv4" : "ipv6");
}

/** @param address IPv4 or IPv6 */
export function isCloudflareAddress(address: string): boolean {
  return published.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}
