// How the edge ends an HTTP/2 exchange, frame by frame: Go drops an answer whose stream is reset before its end, and
// reads the issuer's documents so.
import { connect } from "node:tls";
import { expect, it } from "vitest";
import { authority, startEdgeAlone } from "../../../support/edge-alone.ts";

/** RFC 9113, 4.1 and 6. */
const frameHeadBytes = 9;
const types = { data: 0, headers: 1, rstStream: 3, settings: 4 } as const;
const endStream = 0x1;
const endHeaders = 0x4;

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** GET without a body. RFC 7541: two fields from the static table, two literals with names from it. */
function requestFrame(path: string): Buffer {
  const literal = (nameIndex: number, value: string) => [nameIndex, value.length, ...Buffer.from(value)];
  const fields = [0x82, 0x87, ...literal(0x04, path), ...literal(0x01, "localhost")];
  return frame(types.headers, endStream | endHeaders, 1, Buffer.from(fields));
}

/** @returns the frames of the first stream, up to its end or its reset */
function exchange(port: number, path: string): Promise<readonly number[]> {
  const socket = connect({ host: "127.0.0.1", port, ca: authority.certificate, ALPNProtocols: ["h2"] });
  socket.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(types.settings, 0, 0)]));
  socket.write(requestFrame(path));
  return new Promise((resolve, reject) => {
    const seen: number[] = [];
    let received = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= frameHeadBytes) {
        const length = frameHeadBytes + received.readUIntBE(0, 3);
        if (received.length < length) return;
        const [type, flags, stream] = [received.readUInt8(3), received.readUInt8(4), received.readUInt32BE(5)];
        received = received.subarray(length);
        if (stream !== 1) continue;
        seen.push(type);
        const isEnd = type === types.data && (flags & endStream) !== 0;
        if (!isEnd && type !== types.rstStream) continue;
        socket.destroy();
        resolve(seen);
      }
    });
  });
}

it("an answer to a request without a body comes to its end, and is not reset", async () => {
  const edge = await startEdgeAlone();
  try {
    await edge.passToHttp((_incoming, response) => void response.end("x".repeat(2_000)));
    const frames = await exchange(edge.port, "/.well-known/openid-configuration");
    expect(frames).not.toContain(types.rstStream);
    expect(frames.slice(0, 2)).toEqual([types.headers, types.data]);
  } finally {
    await edge.close();
  }
});
