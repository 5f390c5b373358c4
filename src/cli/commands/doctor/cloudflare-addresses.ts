// The addresses that Cloudflare publishes for proxied hostnames (www.cloudflare.com/ips, unchanged for years).
// Customers may bring addresses of their own, so another address proves nothing.
import { BlockList, isIPv4 } from "node:net";

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
