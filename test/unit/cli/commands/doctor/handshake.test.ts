// Whether a server asks for a client certificate is read off the handshake, in both versions of TLS that there are.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type SecureVersion } from "node:tls";
import { expect, test } from "vitest";
import { shakeHands } from "../../../../../src/cli/commands/doctor/observe.ts";
import { issueCertificate, makeAuthority } from "../../../../../src/local/certificates.ts";

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
const authority = await makeAuthority(validity);
const server = await issueCertificate(authority, "localhost", "server", validity);

test.each<[SecureVersion, boolean]>([
  ["TLSv1.2", true],
  ["TLSv1.2", false],
  ["TLSv1.3", true],
  ["TLSv1.3", false],
])("%s, and the server asks for one: %s", async (protocol, requestCert) => {
  const { certificate: cert, privateKey: key } = server;
  const versions = { minVersion: protocol, maxVersion: protocol };
  const listener = createServer({ cert, key, requestCert, rejectUnauthorized: false, ...versions }).listen(
    0,
    "127.0.0.1",
  );
  await once(listener, "listening");
  // A TCP listener's address is an object.
  const { port } = listener.address() as AddressInfo;
  const connect = { host: "127.0.0.1", port };
  const place = { hostname: "localhost", connect, authorities: authority.certificate, proxy: null, timeoutMs: 5_000 };
  const handshake = await shakeHands(place);
  listener.close();
  expect(handshake).toMatchObject({ kind: "complete", protocol, distrust: null, asksForCertificate: requestCert });
});
