import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
// Without it, `toLegacyObject()` makes Node load parts of tls in an order that breaks tls for the whole process.
import "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { issueCertificate, keepCertificates, makeAuthority, type Purpose } from "../../../src/local/certificates.ts";
import {
  keepCacheSecret,
  prepareStateFolder,
  type StateFolder,
  stateFolderAt,
} from "../../../src/local/state-folder.ts";

const day = 24 * 60 * 60 * 1000;
const now = Date.parse("2026-11-24T12:00:00Z");
const validity = { notBefore: new Date(now), notAfter: new Date(now + 365 * day) };

describe("issued certificates", async () => {
  const authority = await makeAuthority(validity);
  const issued = async (purpose: Purpose, commonName = "name", when = validity) =>
    new X509Certificate((await issueCertificate(authority, commonName, purpose, when)).certificate);

  it("are the authority's, and the authority is its own", async () => {
    const own = new X509Certificate(authority.certificate);
    expect(own.ca).toBe(true);
    expect(own.checkIssued(own)).toBe(true);
    for (const purpose of ["server", "client"] as const) {
      const certificate = await issued(purpose);
      expect(certificate.ca).toBe(false);
      expect(certificate.checkIssued(own)).toBe(true);
      expect(certificate.verify(own.publicKey)).toBe(true);
    }
  });

  it("are for servers or for clients, and only a server's names this machine", async () => {
    const server = await issued("server");
    const client = await issued("client");
    expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(client.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(server.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
    expect(client.subjectAltName).toBeUndefined();
  });

  it("hold their times to the second, also after 2049", async () => {
    const late = { notBefore: new Date("2049-12-31T23:59:59Z"), notAfter: new Date("2050-01-01T00:00:00Z") };
    const certificate = await issued("client", "name", late);
    expect(certificate.validFromDate).toEqual(late.notBefore);
    expect(certificate.validToDate).toEqual(late.notAfter);
  });

  it.each(["a, b+c=d", 'x"y', "#0501", "\\0a", "line\nbreak", "日本"])("are called %j to the letter", async (name) => {
    expect((await issued("client", name)).toLegacyObject().subject.CN).toBe(name);
  });

  it("have positive serial numbers, each its own", async () => {
    const certificates = await Promise.all(Array.from({ length: 50 }, () => issued("client")));
    const serials = certificates.map(({ serialNumber }) => serialNumber);
    expect(new Set(serials).size).toBe(50);
    // RFC 5280, 4.1.2.2: at most 20 octets. A negative one would begin with a minus sign.
    for (const serial of serials) expect(serial).toMatch(/^[0-9A-F]{24,40}$/);
  });
});

describe("the state folder's certificates", () => {
  let folder: StateFolder;
  beforeEach(async () => {
    folder = stateFolderAt(await mkdtemp(join(tmpdir(), "octogate-state-")));
    await prepareStateFolder(folder);
  });
  afterEach(() => rm(folder.path, { recursive: true, force: true }));

  async function certificateOfAnother(): Promise<string> {
    return (await issueCertificate(await makeAuthority(validity), "a", "client", validity)).certificate;
  }
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it("have a private key each that belongs to it, readable by its owner alone", async () => {
    const { authority, server, clients } = await keepCertificates(folder, ["a", "b"], now);
    for (const { certificate, privateKey } of [authority, server, ...clients]) {
      const publicKey = new X509Certificate(certificate).publicKey;
      expect(publicKey.equals(createPublicKey(createPrivateKey(privateKey)))).toBe(true);
    }
    for (const files of [folder.authority, folder.server, folder.client("a"), folder.client("b")]) {
      expect(await modeOf(files.privateKey)).toBe(0o600);
      expect(await modeOf(files.certificate)).toBe(0o644);
    }
    const [a, b] = clients;
    expect(a?.clusterName).toBe("a");
    expect(a?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(a?.fingerprint).not.toBe(b?.fingerprint);
  });

  it("stay what they are from one start to the next, and a new cluster gets its own", async () => {
    const first = await keepCertificates(folder, ["a"], now);
    const second = await keepCertificates(folder, ["a", "b"], now + day);
    expect({ ...second, clients: second.clients.slice(0, 1) }).toEqual(first);
  });

  it("are replaced shortly before they expire, but not the authority", async () => {
    const first = await keepCertificates(folder, ["a"], now);
    const second = await keepCertificates(folder, ["a"], now + 340 * day);
    expect(second.authority).toEqual(first.authority);
    expect(second.server).not.toEqual(first.server);
    expect(second.clients).not.toEqual(first.clients);
  });

  it("are replaced where the clock was set back to before they are valid", async () => {
    const first = await keepCertificates(folder, ["a"], now);
    const second = await keepCertificates(folder, ["a"], now - day);
    expect(second.clients).not.toEqual(first.clients);
  });

  it.each([
    ["is damaged", () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ["is empty", () => ""],
    ["belongs to another key", certificateOfAnother],
  ])("are replaced where one %s", async (_what, text) => {
    const first = await keepCertificates(folder, ["a"], now);
    await writeFile(folder.client("a").certificate, await text());
    const second = await keepCertificates(folder, ["a"], now);
    expect(second.server).toEqual(first.server);
    expect(second.clients).not.toEqual(first.clients);
    expect(new X509Certificate(second.clients[0]?.certificate ?? "").subject).toBe("CN=a");
  });

  it("are all replaced together with their authority", async () => {
    const first = await keepCertificates(folder, ["a"], now);
    await rm(folder.authority.privateKey);
    const second = await keepCertificates(folder, ["a"], now);
    expect(second.authority).not.toEqual(first.authority);
    expect(second.server).not.toEqual(first.server);
    const authority = new X509Certificate(second.authority.certificate);
    expect(new X509Certificate(second.clients[0]?.certificate ?? "").verify(authority.publicKey)).toBe(true);
  });

  it("lie beside a secret of 32 bytes that stays, for its owner alone", async () => {
    const secret = await keepCacheSecret(folder);
    expect(Buffer.from(secret, "base64")).toHaveLength(32);
    expect(await keepCacheSecret(folder)).toBe(secret);
    expect(await modeOf(folder.cacheSecret)).toBe(0o600);
  });
});
